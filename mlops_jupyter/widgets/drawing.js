// What the explorer draws with: elements, numbers, distributions, tables. Read before explorer.js,
// into one module with it. Names and categories come from anybody's data: they are shown by
// textContent and attributes only, never as HTML.

const SVG = 'http://www.w3.org/2000/svg';
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
    if (place % every === 0 && (place === 0 || place + 0.75 * every <= last)) {
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
