/** The ids of our commands. */
export const CommandIDs = {
  /** Shows the panel and puts the focus into it. */
  openPanel: 'mlops-jupyter:open-panel',
  /** Opens a run's details in the main area. */
  openRun: 'mlops-jupyter:open-run',
  /** Asks the server for the runs now. */
  refresh: 'mlops-jupyter:refresh'
} as const;

/** What `openRun` takes. */
export interface IOpenRunArgs {
  runId: string;
  /** Title until the run has arrived. */
  name?: string;
}

/** Reads what a caller hands to `openRun`; null where it names no run. */
export function openRunArgs(
  args: Readonly<Record<string, unknown>>
): IOpenRunArgs | null {
  const { runId, name } = args;
  if (typeof runId !== 'string' || runId === '') {
    return null;
  }
  return typeof name === 'string' ? { runId, name } : { runId };
}
