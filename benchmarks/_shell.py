"""A notebook's shell in a process of its own, as a program's first lines: `cell` and `answer`."""

SHELL = """
import json, os, statistics, sys, time, warnings
warnings.simplefilter("ignore")
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
config = Config(); config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
sys.stdout = open(os.devnull, "w")

def cell(source):
    start = time.perf_counter()
    result = shell.run_cell(source)
    took = time.perf_counter() - start
    result.raise_error()
    return took

def answer(value):
    print(json.dumps(value), file=sys.__stdout__, flush=True)
"""
