import * as React from 'react';

import { statusWord } from '../format';
import type { RunSummary } from '../generated';

/** A run's status as a coloured mark; its shape says the same without colour. */
export function StatusMark(props: {
  status: RunSummary['status'];
}): React.ReactElement {
  const word = statusWord(props.status);
  return (
    <span
      className={`mlops-status mlops-status-${word}`}
      role="img"
      aria-label={word}
      title={word}
    />
  );
}
