// The explorer of a drift comparison, with drawing.js before it in one module: no other file is
// asked for. The data stays in the kernel; here are numbers and histograms.

const PATIENCE = 2000; // milliseconds without an answer until that is said

function isLook(answer) {
  const drift = answer.drift;
  return (
    Array.isArray(answer.findings) &&
    Array.isArray(answer.rows) &&
    ['verdict', 'method', 'rule', 'words'].every(
      name => typeof answer[name] === 'string'
    ) &&
    (drift === null ||
      (typeof drift === 'object' &&
        typeof drift.column === 'string' &&
        Array.isArray(drift.histogram?.reference) &&
        Array.isArray(drift.histogram.current)))
  );
}

function badge(drifted, text) {
  return element('span', {
    class: `mlops-explorer-badge mlops-explorer-${drifted ? 'bad' : 'good'}`,
    text
  });
}

function verdict(answer) {
  const { score, drifted } = answer.drift;
  return [
    badge(drifted, answer.verdict),
    element('span', {
      class: 'mlops-explorer-muted',
      text: ` ${answer.method}: ${number(score)}, ${answer.rule}`
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
    this.part = element('select', {
      'aria-label': 'Part',
      'aria-describedby': id('note'),
      hidden: ''
    });
    this.note = element('p', {
      id: id('note'),
      class: 'mlops-explorer-muted',
      hidden: ''
    });
    this.period = element('select', { 'aria-label': 'Period of current' });
    this.status = element('p', {
      class: 'mlops-explorer-status',
      role: 'status'
    });
    this.panel = element('div', { class: 'mlops-explorer-panel' });
    this.fill(this.by, [
      ['', 'all rows'],
      ...this.outline.columns.flatMap((column, place) =>
        column.parts ? [[String(place), `by ${column.name}`]] : []
      )
    ]);
    this.fill(this.period, [
      ['', 'all of current'],
      ...this.outline.periods.map((period, place) => [
        String(place),
        `${period.label} (${count(period.rows)} rows)`
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
        this.note,
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
          badge(column.drifted, column.verdict)
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
      this.list();
      this.askLook();
    }
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
        'No answer from the kernel yet: it is busy, or another one than made this: then run the cell again.',
        'warn'
      );
    }, PATIENCE);
    try {
      this.model.send({ id: this.asked, view: this.view, ...request });
    } catch {
      this.lost(); // a kernel that was shut down or started anew
    }
  }

  askParts() {
    this.fill(this.part, []);
    this.remark('');
    this.part.disabled = true;
    this.part.hidden = this.by.value === '';
    if (this.by.value === '') {
      this.waiting.parts = -1;
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
    const kind = ['look', 'parts'].find(
      each => this.waiting[each] === answer.id
    );
    if (kind === undefined) {
      return; // something else was asked meanwhile
    }
    this.waiting[kind] = -1;
    if (this.waiting.look === -1 && this.waiting.parts === -1) {
      this.rest();
    }
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
      this.remark(`The ${answer.parts.length} largest; ${answer.others} more.`);
    }
    this.askLook();
  }

  /** Nothing is waited for. */
  rest() {
    clearTimeout(this.timer);
    this.panel.setAttribute('aria-busy', 'false');
  }

  lost() {
    this.waiting = { look: -1, parts: -1 };
    this.rest();
    this.say(
      'Not connected to a kernel: run the cell again to explore. What is shown stays.',
      'warn'
    );
  }

  fail(answer) {
    this.rest();
    const message =
      typeof answer.message === 'string'
        ? `${answer.message}${answer.hint ? ` (${answer.hint})` : ''}`
        : 'The kernel gave an answer that is not understood here';
    const shown = this.panel.hasChildNodes();
    this.say(
      `${message}${shown ? '; what is shown is from before' : ''}`,
      'bad'
    );
  }

  /** What is true of the parts stays below them, whatever is asked next. */
  remark(words) {
    this.note.textContent = words;
    this.note.hidden = words === '';
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
      element('p', { class: 'mlops-explorer-verdict' }, ...verdict(answer)),
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
}

export default {
  render({ model, el }) {
    const explorer = new Explorer(model, el);
    const onMessage = answer => explorer.take(answer);
    model.on('msg:custom', onMessage);
    return () => {
      clearTimeout(explorer.timer);
      model.off('msg:custom', onMessage);
    };
  }
};
