import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import type { Api } from './api';
import { Panel } from './components/panel';
import { RunDetails } from './components/rundetails';
import type { RunSummary } from './generated';
import { mlopsIcon } from './icon';
import { PanelModel } from './model';
import { RunModel } from './runmodel';

/** The left sidebar. */
export class PanelWidget extends ReactWidget {
  constructor(
    api: Api,
    private readonly _onOpen: (run: RunSummary) => void
  ) {
    super();
    this.id = 'mlops-jupyter-panel';
    this.addClass('mlops-panel');
    this.title.icon = mlopsIcon;
    this.title.caption = 'MLOps';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'MLOps');
    this.node.tabIndex = -1;
    this.model = new PanelModel({ api, isVisible: () => this.isVisible });
  }

  readonly model: PanelModel;

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.start();
    void this.model.refresh();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    (this.node.querySelector('input') ?? this.node).focus();
  }

  protected override render(): React.ReactElement {
    const { model } = this;
    return (
      <UseSignal signal={model.changed}>
        {() => (
          <Panel
            workspace={model.workspace}
            runs={model.runs}
            more={model.more}
            problem={model.problem}
            onOpen={this._onOpen}
            onRefresh={() => void model.refresh()}
            onMore={() => {
              model.showMore();
            }}
          />
        )}
      </UseSignal>
    );
  }
}

/** A run's details, in the main area. */
export class RunWidget extends ReactWidget {
  constructor(api: Api, runId: string) {
    super();
    this.addClass('mlops-details');
    this.node.tabIndex = -1;
    this.model = new RunModel({ api, runId, isVisible: () => this.isVisible });
    this.model.changed.connect(() => {
      this.title.label = this.model.run?.summary.name ?? this.title.label;
    });
  }

  readonly model: RunModel;

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.model.refresh();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus();
  }

  protected override render(): React.ReactElement {
    const { model } = this;
    return (
      <UseSignal signal={model.changed}>
        {() => <RunDetails run={model.run} problem={model.error} />}
      </UseSignal>
    );
  }
}
