import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';

import { Api } from './api';
import { CommandIDs, openRunArgs } from './commands';
import { mlopsIcon } from './icon';
import { IMlopsPanel, NAMESPACE } from './tokens';
import { PanelWidget, RunWidget } from './widgets';

const CATEGORY = 'MLOps';

/** The left sidebar and its commands. */
const panel: JupyterFrontEndPlugin<IMlopsPanel> = {
  id: `${NAMESPACE}:panel`,
  description: 'Lists the runs of the workspace.',
  autoStart: true,
  provides: IMlopsPanel,
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ): IMlopsPanel => {
    const api = new Api(app.serviceManager.serverSettings);
    const widget = new PanelWidget(api, run => {
      const args = { runId: run.run_id, name: run.name };
      void app.commands.execute(CommandIDs.openRun, args);
    });
    app.shell.add(widget, 'left', { rank: 300, type: 'MLOps' });
    restorer?.add(widget, widget.id);
    app.commands.addCommand(CommandIDs.openPanel, {
      label: 'Show MLOps Runs',
      icon: mlopsIcon,
      execute: () => {
        app.shell.activateById(widget.id);
      }
    });
    app.commands.addCommand(CommandIDs.refresh, {
      label: 'Refresh MLOps Runs',
      execute: () => widget.model.refresh()
    });
    palette?.addItem({ command: CommandIDs.openPanel, category: CATEGORY });
    palette?.addItem({ command: CommandIDs.refresh, category: CATEGORY });
    return { model: widget.model };
  }
};

/** A run's details in the main area: one tab a run, kept over a reload. */
const details: JupyterFrontEndPlugin<void> = {
  id: `${NAMESPACE}:details`,
  description: 'Shows one run with what made it.',
  autoStart: true,
  optional: [ILayoutRestorer],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null): void => {
    const api = new Api(app.serviceManager.serverSettings);
    const tracker = new WidgetTracker<MainAreaWidget<RunWidget>>({
      namespace: NAMESPACE
    });
    app.commands.addCommand(CommandIDs.openRun, {
      label: 'Open Run',
      execute: args => {
        const wanted = openRunArgs(args);
        if (wanted === null) {
          throw new Error(`${CommandIDs.openRun} needs a runId`);
        }
        const { runId, name } = wanted;
        let widget = tracker.find(each => each.content.model.runId === runId);
        if (!widget) {
          const content = new RunWidget(api, runId);
          content.title.label = name ?? 'Run';
          content.title.caption = `run:${runId}`;
          content.title.icon = mlopsIcon;
          widget = new MainAreaWidget({ content });
          widget.toolbar.hide();
          widget.id = `${NAMESPACE}-run-${runId}`;
          void tracker.add(widget);
          app.shell.add(widget, 'main');
          content.model.start();
        }
        app.shell.activateById(widget.id);
      }
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.openRun,
      args: ({ content }) => ({
        runId: content.model.runId,
        name: content.title.label
      }),
      name: ({ content }) => content.model.runId
    });
  }
};

export default [panel, details];
