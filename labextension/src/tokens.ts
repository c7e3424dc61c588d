import { Token } from '@lumino/coreutils';

import type { PanelModel } from './model';

/** Name of the plugins, and prefix of everything this extension registers. */
export const NAMESPACE = 'mlops-jupyter';

/** The panel's model, for other extensions. */
export interface IMlopsPanel {
  /** What the panel knows: the workspace, its runs, or what is wrong. */
  readonly model: PanelModel;
}

export const IMlopsPanel = new Token<IMlopsPanel>(
  `${NAMESPACE}:IMlopsPanel`,
  'The runs of the MLOps workspace that JupyterLab is opened in.'
);
