// The explorer of a drift comparison. Names and categories come from anybody's data: they are
// shown by textContent only. The data stays in the kernel; here are numbers and histograms.

const SVG = 'http://www.w3.org/2000/svg';
const PATIENCE = 2000; // milliseconds without an answer until that is said
const WIDTH = 640;
const HEIGHT = 220;

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'text') {
      made.textContent = value;
    } else {
      made.setAttribute(name, value);
    }
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, String(value));
  }
  made.textContent = text;
  return made;
}

function number(value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return '–';
  }
  return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4)
    ? value.toExponential(2)
    : Number(value.toPrecision(4)).toLocaleString('en', {
        maximumFractionDigits: 6
      });
}

function count(value) {
  return typeof value === 'number' ? value.toLocaleString('en') : '–';
}

function percent(share) {
  if (typeof share !== 'number') {
    return '–';
  }
  const digits = share === 0 || share >= 0.1 ? 0 : share >= 0.01 ? 1 : 2;
  return `${(share * 100).toFixed(digits)} %`;
}

/** Bins of numbers: the reference filled, current as a line. */
function bins(histogram, name) {
  const { reference, current, edges, below, above } = histogram;
  const most = Math.max(...reference, ...current, 1e-9);
  const width = WIDTH / reference.length;
  const y = share => HEIGHT - (share / most) * (HEIGHT - 10);
  const picture = drawn('svg', {
    viewBox: `0 0 ${WIDTH} ${HEIGHT + 22}`,
    role: 'img',
    'aria-label': `Distribution of ${name}, reference and current; the same as a table below`
  });
  reference.forEach((share, place) =>
    picture.append(
      drawn('rect', {
        class: 'mlops-explorer-reference',
        x: place * width + 0.5,
        y: y(share),
        width: Math.max(width - 1, 1),
        height: HEIGHT - y(share)
      })
    )
  );
  const steps = current.flatMap((share, place) => [
    `${place * width},${y(share)}`,
    `${(place + 1) * width},${y(share)}`
  ]);
  picture.append(
    drawn('polyline', {
      class: 'mlops-explorer-current',
      points: steps.join(' ')
    }),
    drawn('line', {
      class: 'mlops-explorer-axis',
      x1: 0,
      x2: WIDTH,
      y1: HEIGHT,
      y2: HEIGHT
    }),
    drawn('text', { x: 2, y: 9 }, percent(most))
  );
  const every = Math.ceil(edges.length / 7);
  edges.forEach((edge, place) => {
    const last = edges.length - 1;
    if (place % every === 0 && (place === 0 || place + every / 2 <= last)) {
      const words =
        place === 0 && below ? `< ${number(edges[1])}` : number(edge);
      picture.append(
        drawn(
          'text',
          {
            x: place * width,
            y: HEIGHT + 16,
            'text-anchor': place === 0 ? 'start' : 'middle'
          },
          words
        )
      );
    }
  });
  const end = edges.length - 1;
  if (end % every !== 0 || end === 0) {
    picture.append(
      drawn(
        'text',
        { x: WIDTH, y: HEIGHT + 16, 'text-anchor': 'end' },
        above ? `≥ ${number(edges[end - 1])}` : number(edges[end])
      )
    );
  }
  return picture;
}

/** Categories: a bar of either side each. */
function bars(histogram) {
  const most = Math.max(...histogram.reference, ...histogram.current, 1e-9);
  const list = element('div', { class: 'mlops-explorer-bars' });
  histogram.labels.forEach((label, place) => {
    const others = histogram.others && place === histogram.labels.length - 1;
    const pair = element('div', { class: 'mlops-explorer-pair' });
    for (const side of ['reference', 'current']) {
      const share = histogram[side][place];
      const bar = element('span', {
        class: `mlops-explorer-bar mlops-explorer-bar-${side}`
      });
      bar.style.width = `${(share / most) * 80}%`;
      pair.append(
        element(
          'div',
          { title: side },
          bar,
          element('span', { text: percent(share) })
        )
      );
    }
    list.append(
      element('span', {
        class: 'mlops-explorer-label',
        text: others ? `${histogram.others} others` : label
      }),
      pair
    );
  });
  return list;
}

function table(caption, head, rows) {
  const made = element('table', {}, element('caption', { text: caption }));
  const line = (cells, tag) =>
    element(
      'tr',
      {},
      ...cells.map((text, place) =>
        tag === 'th' || place === 0
          ? element('th', { text, scope: tag === 'th' ? 'col' : 'row' })
          : element('td', { text })
      )
    );
  made.append(element('thead', {}, line(head, 'th')));
  made.append(element('tbody', {}, ...rows.map(row => line(row, 'td'))));
  return made;
}

function numbers(drift, rows) {
  const { reference: a, current: b } = drift;
  const lines = [
    ['rows', count(rows[0]), count(rows[1])],
    ['values', count(a.count), count(b.count)],
    ['missing', percent(a.missing), percent(b.missing)],
    ['different values', count(a.unique), count(b.unique)]
  ];
  if (typeof b.unseen === 'number') {
    lines.push(['in values not seen before', '', percent(b.unseen)]);
  }
  const what = drift.type === 'text' ? ' (length)' : '';
  for (const name of ['mean', 'std', 'min', 'median', 'max']) {
    if (typeof a[name] === 'number' || typeof b[name] === 'number') {
      lines.push([name + what, number(a[name]), number(b[name])]);
    }
  }
  return table('Numbers', ['', 'reference', 'current'], lines);
}

function binTable(histogram) {
  const { edges, labels } = histogram;
  const rows = histogram.reference.map((share, place) => [
    edges.length
      ? `${number(edges[place])} to ${number(edges[place + 1])}`
      : labels[place],
    percent(share),
    percent(histogram.current[place])
  ]);
  return element(
    'details',
    {},
    element('summary', { text: 'The distributions as a table' }),
    table('Shares', ['', 'reference', 'current'], rows)
  );
}

function isLook(answer) {
  const drift = answer.drift;
  return (
    Array.isArray(answer.findings) &&
    Array.isArray(answer.rows) &&
    typeof answer.words === 'string' &&
    (drift === null ||
      (typeof drift === 'object' &&
        typeof drift.column === 'string' &&
        Array.isArray(drift.histogram?.reference) &&
        Array.isArray(drift.histogram.current)))
  );
}

function verdict(drift) {
  const word = drift.drifted ? 'drift' : 'no drift';
  const sign = drift.low_is_drift ? 'below' : 'from';
  return [
    element('span', {
      class: `mlops-explorer-badge mlops-explorer-${drift.drifted ? 'bad' : 'good'}`,
      text: word
    }),
    element('span', {
      class: 'mlops-explorer-muted',
      text: ` ${drift.method}: ${number(drift.score)}, drift ${sign} ${number(drift.threshold)}`
    })
  ];
}

class Explorer {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.outline = model.get('outline');
    this.view = Math.random().toString(36).slice(2);
    this.asked = 0;
    this.waiting = { look: -1, parts: -1 };
    this.timer = 0;
    this.chosen = 0;
    this.shown = this.outline.columns.map((_, place) => place);
    this.build();
    this.list();
    if (this.outline.first !== null) {
      this.show(this.outline.first);
    }
    this.connection();
  }

  build() {
    const id = name => `mlops-explorer-${this.view}-${name}`;
    this.search = element('input', {
      type: 'search',
      placeholder: 'Search columns',
      'aria-label': 'Search columns',
      'aria-controls': id('columns')
    });
    this.columns = element('ul', {
      id: id('columns'),
      role: 'listbox',
      tabindex: '0',
      'aria-label': 'Columns, those that matter most first'
    });
    this.by = element('select', { 'aria-label': 'Part by column' });
    this.part = element('select', { 'aria-label': 'Part', disabled: '' });
    this.period = element('select', { 'aria-label': 'Period of current' });
    this.status = element('p', {
      class: 'mlops-explorer-status',
      role: 'status'
    });
    this.panel = element('div', { class: 'mlops-explorer-panel' });
    this.fill(this.by, [
      ['', 'all rows'],
      ...this.outline.columns.flatMap((column, place) =>
        column.type === 'text' ? [] : [[String(place), `by ${column.name}`]]
      )
    ]);
    this.fill(this.period, [
      ['', 'all of current'],
      ...this.outline.periods.map((period, place) => [
        String(place),
        `${period.label} (${count(period.rows[0])} rows)`
      ])
    ]);
    const choices = element(
      'div',
      { class: 'mlops-explorer-choices' },
      this.by,
      this.part
    );
    if (this.outline.periods.length > 0) {
      choices.append(this.period);
    }
    const root = element(
      'div',
      {
        class: 'mlops-explorer',
        role: 'region',
        'aria-label': 'Drift explorer',
        // The notebook's own keys (j, k, d d …) are for outside of it.
        'data-lm-suppress-shortcuts': 'true'
      },
      element(
        'div',
        { class: 'mlops-explorer-side' },
        this.search,
        this.columns
      ),
      element(
        'div',
        { class: 'mlops-explorer-main' },
        choices,
        this.status,
        this.panel
      )
    );
    this.el.append(root);
    this.search.addEventListener('input', () => this.filter());
    this.search.addEventListener('keydown', event => this.onKey(event));
    this.columns.addEventListener('keydown', event => this.onKey(event));
    this.columns.addEventListener('click', event => {
      const item = event.target.closest('[role=option]');
      if (item !== null) {
        this.choose(Number(item.dataset.place));
      }
    });
    this.by.addEventListener('change', () => this.askParts());
    this.part.addEventListener('change', () => this.askLook());
    this.period.addEventListener('change', () => this.askLook());
  }

  fill(select, options) {
    select.replaceChildren(
      ...options.map(([value, text]) => element('option', { value, text }))
    );
  }

  filter() {
    const wanted = this.search.value.trim().toLowerCase();
    this.shown = this.outline.columns.flatMap((column, place) =>
      column.name.toLowerCase().includes(wanted) ? [place] : []
    );
    this.list();
  }

  list() {
    const id = place => `mlops-explorer-${this.view}-column-${place}`;
    this.columns.replaceChildren(
      ...this.shown.map(place => {
        const column = this.outline.columns[place];
        return element(
          'li',
          {
            id: id(place),
            role: 'option',
            'aria-selected': String(place === this.chosen),
            'data-place': String(place)
          },
          element('span', {
            class: 'mlops-explorer-name',
            text: column.name,
            title: column.name
          }),
          element('span', {
            class: `mlops-explorer-badge mlops-explorer-${column.drifted ? 'bad' : 'good'}`,
            text: column.drifted ? 'drift' : 'no drift'
          })
        );
      })
    );
    if (this.shown.length === 0) {
      this.columns.append(
        element('li', { class: 'mlops-explorer-muted', text: 'no such column' })
      );
    }
    if (this.shown.includes(this.chosen)) {
      this.columns.setAttribute('aria-activedescendant', id(this.chosen));
      this.search.setAttribute('aria-activedescendant', id(this.chosen));
    } else {
      this.columns.removeAttribute('aria-activedescendant');
      this.search.removeAttribute('aria-activedescendant');
    }
  }

  onKey(event) {
    const here = this.shown.indexOf(this.chosen);
    const inSearch = event.target === this.search;
    const last = this.shown.length - 1;
    const places = {
      ArrowDown: Math.min(here + 1, last),
      ArrowUp: Math.max(here - 1, 0),
      ...(inSearch ? { Enter: Math.max(here, 0) } : { Home: 0, End: last })
    };
    if (event.key in places && last >= 0) {
      event.preventDefault();
      this.choose(this.shown[places[event.key]]);
    }
  }

  choose(place) {
    if (place !== this.chosen) {
      this.chosen = place;
      this.askLook();
    }
    this.list();
    this.columns
      .querySelector('[aria-selected=true]')
      ?.scrollIntoView({ block: 'nearest' });
  }

  ask(request) {
    this.asked += 1;
    this.waiting[request.kind] = this.asked;
    this.panel.setAttribute('aria-busy', 'true');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.say(
        'No answer from the kernel yet: it is busy with another cell, or no longer there.',
        'warn'
      );
    }, PATIENCE);
    this.model.send({ id: this.asked, view: this.view, ...request });
  }

  askParts() {
    this.fill(this.part, []);
    this.part.disabled = true;
    if (this.by.value === '') {
      this.askLook();
      return;
    }
    this.ask({ kind: 'parts', column: Number(this.by.value) });
  }

  askLook() {
    const part =
      this.by.value === '' || this.part.value === ''
        ? null
        : { column: Number(this.by.value), part: Number(this.part.value) };
    const period = this.period.value === '' ? null : Number(this.period.value);
    this.ask({ kind: 'look', column: this.chosen, part, period });
  }

  take(answer) {
    if (typeof answer !== 'object' || answer === null) {
      return;
    }
    if (answer.kind === 'failed' && answer.view === undefined) {
      this.fail(answer);
      return;
    }
    if (answer.view !== this.view) {
      return; // another view of the same explorer asked
    }
    if (!Object.values(this.waiting).includes(answer.id)) {
      return; // something else was asked meanwhile
    }
    clearTimeout(this.timer);
    this.panel.setAttribute('aria-busy', 'false');
    if (answer.kind === 'parts' && Array.isArray(answer.parts)) {
      this.say('');
      this.takeParts(answer);
    } else if (answer.kind === 'look' && isLook(answer)) {
      this.say('');
      this.show(answer);
    } else {
      this.fail(answer);
    }
  }

  takeParts(answer) {
    this.fill(
      this.part,
      answer.parts.map((part, place) => [
        String(place),
        `${part.label} (${count(part.rows[0])} → ${count(part.rows[1])} rows)`
      ])
    );
    this.part.disabled = answer.parts.length === 0;
    if (answer.others > 0) {
      this.say(`The ${answer.parts.length} largest; ${answer.others} more.`);
    }
    this.askLook();
  }

  fail(answer) {
    clearTimeout(this.timer);
    const message =
      typeof answer.message === 'string'
        ? `${answer.message}${answer.hint ? ` (${answer.hint})` : ''}`
        : 'The kernel gave an answer that is not understood here.';
    this.panel.replaceChildren();
    this.say(message, 'bad');
  }

  say(words, tone = '') {
    this.status.textContent = words;
    this.status.dataset.tone = tone;
  }

  show(answer) {
    const drift = answer.drift;
    const column = this.outline.columns[this.chosen];
    const notes = element(
      'ul',
      { class: 'mlops-explorer-muted' },
      ...answer.findings.map(text => element('li', { text }))
    );
    const heading = element('h3', { text: column.name });
    if (drift === null) {
      this.panel.replaceChildren(
        heading,
        element('p', { text: 'No verdict here.' }),
        notes
      );
      return;
    }
    const [first, second] = this.outline.sides;
    this.panel.replaceChildren(
      heading,
      element('p', { class: 'mlops-explorer-verdict' }, ...verdict(drift)),
      element('p', { class: 'mlops-explorer-words', text: answer.words }),
      element(
        'p',
        { class: 'mlops-explorer-muted' },
        element('span', { class: 'mlops-explorer-key-reference', text: '▇ ' }),
        `reference: ${first.label} · `,
        element('span', { class: 'mlops-explorer-key-current', text: '━ ' }),
        `current: ${second.label}`
      ),
      drift.histogram.kind === 'categories'
        ? bars(drift.histogram)
        : bins(drift.histogram, column.name),
      numbers(drift, answer.rows),
      binTable(drift.histogram),
      notes
    );
  }

  /** Say whether there is a kernel behind it: ipywidgets marks views that have none. */
  connection() {
    const gone = this.el.closest('.jupyter-widgets-disconnected') !== null;
    for (const select of [this.by, this.period, this.search]) {
      select.disabled = gone;
    }
    this.part.disabled = gone || this.part.options.length === 0;
    if (gone) {
      clearTimeout(this.timer);
      this.say(
        'Not connected to a kernel: run the cell again to explore. What is shown stays.',
        'warn'
      );
    }
  }
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    const onMessage = answer => explorer.take(answer);
    // The mark is set by another listener of the same event.
    const onConnection = () => setTimeout(() => explorer.connection(), 0);
    model.on('msg:custom', onMessage);
    model.on('comm_live_update', onConnection);
    return () => {
      clearTimeout(explorer.timer);
      model.off('msg:custom', onMessage);
      model.off('comm_live_update', onConnection);
    };
  }
};
