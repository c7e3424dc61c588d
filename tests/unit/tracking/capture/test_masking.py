"""Credentials in code and outputs: found, masked, and the code still runs."""

import ast
import os
import random
import string
import time

import pytest

from mlops_jupyter.errors import NotFound
from mlops_jupyter.tracking.capture.masking import Masker
from mlops_jupyter.tracking.capture.secret import secret

AWS = "AKIA" + "Q3EGTHZ7XW2LPNUV"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
RANDOM = "Zk3vQ9xLw7Rt2Yp8Bn5Mc4Hs6Jd1Gf0KqTzXe"

SECRETS = {
    'password = "hunter2"': "hunter2",
    'db.password = "correct horse battery"': "correct horse battery",
    'connect(host="db", password="hunter2")': "hunter2",
    'config = {"user": "me", "db_password": "hunter2"}': "hunter2",
    'os.environ["OPENAI_API_KEY"] = "abcdef123456"': "abcdef123456",
    'os.environ.setdefault("API_KEY", "abcdef123456")': "abcdef123456",
    'pw = os.getenv("DB_PASSWORD", "hunter2")': "hunter2",
    'apiKey: str = "abcdef123456"': "abcdef123456",
    'user, password = "me", "hunter2"': "hunter2",
    'def connect(password="hunter2"): pass': "hunter2",
    'requests.get(url, auth=("me", "hunter2"))': "hunter2",
    'if password == "hunter2": pass': "hunter2",
    'headers = {"Authorization": "Bearer abcdef1234567890xyz"}': "abcdef1234567890xyz",
    f'client("{AWS}")': AWS,
    f'git(token="{GITHUB}")': GITHUB,
    f'x = ["{JWT}"]': JWT,
    f'thing = "{RANDOM}"': RANDOM,
    'engine = create_engine("postgresql://me:hunter2@db:5432/flights")': "hunter2",
    'url = f"postgresql://me:hunter2@{host}/flights"': "hunter2",
    'dsn = "host=db user=me password=hunter2 port=5"': "hunter2",
    'password = b"hunter2"': "hunter2",
    'password = ("hun"\n    "ter2")': "ter2",
    'größe = 1; password = "hunter2"; ß = 2': "hunter2",
    "%env API_KEY=abcdef123456": "abcdef123456",
    '!curl -H "Authorization: Bearer abcdef1234567890xyz" db': "abcdef1234567890xyz",
    '%%time\npassword = "hunter2"': "hunter2",
    "# password: hunter2\nx = 1": "hunter2",
    "%%bash\nexport DB_PASSWORD=hunter2": "hunter2",
    'password = "hunter2': "hunter2",
    '"""Connects with password=hunter2."""\nx = 1': "hunter2",
    "login --password hunter2": "hunter2",
}  # fmt: skip

HARMLESS = [
    'commit = "9fceb02d0ae598e95dc970b74767f19372d61af8"',
    'md5 = "d41d8cd98f00b204e9800998ecf8427e"',
    'sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
    'integrity = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="',
    'run = "123e4567-e89b-12d3-a456-426614174000"',
    'picture = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="',  # noqa: E501
    'pad_token = "<pad>"',
    'tokenizer = "bert-base-uncased"',
    'model = AutoModel("distilbert-base-uncased-finetuned-sst-2-english")',
    'password = getpass("Password: ")',
    'password = ""',
    'password = os.environ["DB_PASSWORD"]',
    'password = "<your password>"',
    'password_column = "password"',
    'frame["password_length"] = frame["password"].str.len()',
    'key = "flight_number"',
    'primary_key = "flight_number_and_day"',
    'columns = ["TotalDelayInMinutes2019AvgPerCarrier", "secret", "token"]',
    'token = "the"',
    'tokens = "the quick brown fox"',
    'secret_santa = "Anna"',
    'url = "https://example.org/a@b/c?d=e:f@g"',
    'path = "data/2019/06/flights_partition_0001_of_0020.parquet"',
    'x = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"',
    'pattern = r"\\d{4}-\\d{2}"',
    'query = "SELECT carrier, avg(delay) FROM flights WHERE key = 3 GROUP BY carrier"',
    "n_tokens: int = 512",
    'author = "Ada Lovelace"',
    'monkey = "banana-split-12"',
]


@pytest.fixture
def masker():
    return Masker()


@pytest.mark.parametrize("source", SECRETS)
def test_a_credential_is_masked_and_python_stays_python(masker, source):
    value = SECRETS[source]
    masked = masker.source(source)
    assert value not in masked.text
    assert masked.touched
    try:
        ast.parse(source)
    except SyntaxError:
        return
    ast.parse(masked.text)


@pytest.mark.parametrize("source", HARMLESS)
def test_what_only_looks_a_little_like_one_is_left_alone(masker, source):
    masked = masker.source(source)
    assert masked.text == source
    assert not masked.touched


@pytest.mark.parametrize(
    "source",
    [s for s in SECRETS if s.startswith(("password", "user,", "%%time", "größe", "apiKey", "x ="))
     and "\n#" not in s and not s.endswith('"hunter2')],
)  # fmt: skip
def test_masked_code_gives_the_same_with_the_value_in_the_environment(masker, source, monkeypatch):
    plain = source.removeprefix("%%time\n")
    masked = masker.source(plain)
    values = {name: value for value, name in masker._names.items()}
    for name in masked.secrets:
        monkeypatch.setenv(name, values[name])
    before, after = {}, {}
    exec(plain, before)
    exec(masked.text, after)
    del after["mlops"]
    before.pop("__builtins__")
    after.pop("__builtins__")
    assert after == before


def test_an_f_string_is_filled_in_as_before(masker, monkeypatch):
    masked = masker.source('url = f"postgresql://me:hunter2@{host}/{1 + 1}"')
    (name,) = masked.secrets
    monkeypatch.setenv(name, "hunter2")
    names = {"host": "db"}
    exec(masked.text, names)
    assert names["url"] == "postgresql://me:hunter2@db/2"


def test_names_say_what_the_secret_is_for_and_tell_values_apart(masker):
    masked = masker.source(
        'db_url = "postgresql://me:hunter2@db/x"\nPASSWORD = "hunter3"\npassword = "hunter4"\n'
        'again = "hunter3"\nUSER = "ghp_' + "x1Y2" * 9 + '"'
    )
    assert masked.secrets == ("DB_URL_PASSWORD", "PASSWORD", "PASSWORD_2", "USER_SECRET")
    assert 'again = mlops.secret("PASSWORD")' in masked.text


def test_the_import_stands_where_python_allows_it(masker):
    masked = masker.source(
        '"""A module."""\nfrom __future__ import annotations\n\npassword = "hunter2"\n'
    )
    assert masked.text.split("\n")[:3] == [
        '"""A module."""',
        "from __future__ import annotations",
        "import mlops_jupyter as mlops",
    ]
    masked = masker.source('mlops = "mine"\npassword = "hunter2"')
    assert 'password = __import__("mlops_jupyter").secret("PASSWORD")' in masked.text
    ast.parse(masked.text)


def test_what_code_has_told_is_masked_in_outputs_too(masker):
    masker.source('password = "hunter2"')
    shown = masker.output(
        {
            "output_type": "display_data",
            "data": {
                "text/plain": "it is hunter2, not hunter22",
                "text/html": "<b>hunter2</b>",
                "image/png": "hunter2",
                "application/json": {"auth": {"password": "other-one"}, "n": [1, "hunter2"]},
            },
            "metadata": {},
        }
    )
    assert shown["data"] == {
        "text/plain": "it is ***, not hunter22",
        "text/html": "<b>***</b>",
        "image/png": "hunter2",
        "application/json": {"auth": {"password": "***"}, "n": [1, "***"]},
    }
    error = {"output_type": "error", "ename": "E", "evalue": "hunter2", "traceback": ["a hunter2"]}
    assert "hunter2" not in str(masker.output(error))


def test_sources_masked_before_a_value_was_known_are_masked_again(masker):
    assert "swordfish1" in masker.source('print("swordfish1")').text
    masker.source('password = "swordfish1"')
    assert "swordfish1" not in masker.source('print("swordfish1")').text


def test_parameters_are_judged_by_their_names(masker):
    assert masker.value("api_key", "abcdef123456") == "***"
    assert masker.value("max_depth", "12") == "12"
    assert masker.value("url", "postgres://me:hunter2@db") == "postgres://me:***@db"


def test_a_secret_is_looked_up_under_both_names(monkeypatch):
    monkeypatch.setenv("MLOPS_SECRET_DB_PASSWORD", "hunter2")
    assert secret("DB_PASSWORD") == "hunter2"
    with pytest.raises(NotFound, match="put it into the environment as OTHER"):
        secret("OTHER")


def test_no_text_makes_it_fail_and_it_stays_quick(masker):
    chance = random.Random(0)
    signs = string.printable + "\"'{}%!#=:\\äß\u2028\U0001f600"
    for _ in range(500):
        source = "".join(chance.choice(signs) for _ in range(chance.randrange(60)))
        masked = masker.source(source)
        if not masked.touched:
            assert masked.text == source.replace("\r\n", "\n").replace("\r", "\n")
    for hostile in ("a" * 100_000, "://" * 100_000, "password=" * 10_000, "(" * 20_000,
                    "key" * 20_000, "-----BEGIN PRIVATE KEY-----" * 1_000, "x.y@" * 50_000,
                    "eyJ" * 50_000, "Bearer " * 100_000):  # fmt: skip
        started = time.perf_counter()
        masker.text(hostile)
        masker.source(f'x = "{hostile}"')
        assert time.perf_counter() - started < 20, hostile[:20]


def test_the_environment_is_never_read_for_masking(masker, monkeypatch):
    monkeypatch.setenv("SOMETHING", "in-the-environment")
    assert os.environ["SOMETHING"] in masker.text("in-the-environment")
