import * as React from 'react';

import { staleReasons, staleWords } from '../format';
import type { RunSummary } from '../generated';

type Stale = RunSummary['stale'];

/** A mark on a run whose model would come out otherwise today; why, where a mouse rests on it. */
export function StaleBadge({
  stale
}: {
  stale: Stale;
}): React.ReactElement | null {
  const words = staleWords(stale);
  return words === '' ? null : (
    <span className="mlops-stale" title={staleReasons(stale).join('\n')}>
      stale: {words}
    </span>
  );
}

/** Why a run's model is stale, and what could not be looked at. */
export function StaleReasons({
  stale
}: {
  stale: Stale;
}): React.ReactElement | null {
  if (
    stale === null ||
    (stale.reasons.length === 0 && stale.unknown.length === 0)
  ) {
    return null;
  }
  return (
    <section aria-label="Stale" className="mlops-stale-reasons">
      {stale.reasons.length > 0 && (
        <>
          <h2>
            <StaleBadge stale={stale} /> What this model was made from has
            changed
          </h2>
          <ul>
            {staleReasons(stale).map(reason => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </>
      )}
      {stale.unknown.length > 0 && (
        <p className="mlops-muted">Not checked: {stale.unknown.join('; ')}</p>
      )}
    </section>
  );
}
