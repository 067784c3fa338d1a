'use strict';
// Draws the report from the data beside it: JSON, deflated, in base 64. Everything from the estate is set as text.
(async () => {
  const read = async () => {
    const digits = atob(document.getElementById('data').textContent), bytes = new Uint8Array(digits.length);
    for (let i = 0; i < digits.length; i++) bytes[i] = digits.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).json();
  };
  const D = await read().catch(error => { document.getElementById('lead').textContent = `This browser cannot open the report (${error.message}); one of 2023 or later can.`; throw error; });
  const F = D.findings, A = D.assets, R = D.run, S = R.summary;
  const SEV = ['critical', 'high', 'medium', 'low'], VERDICT = ['fail', 'unknown', 'waived'];
  // Columns are digits of base 64, of one width.
  const unpack = ([width, digits]) => {
    const values = new Array(digits.length / width);
    for (let i = 0, at = 0; i < values.length; i++) {
      let value = 0;
      for (let place = 0; place < width; place++, at++) {
        const code = digits.charCodeAt(at);
        value = value * 64 + (code === 95 ? 63 : code === 45 ? 62 : code < 58 ? code - 48 : code < 91 ? code - 55 : code - 61);
      }
      values[i] = value;
    }
    return values;
  };
  for (const column of ['control', 'asset', 'verdict', 'why', 'detail', 'cause', 'count', 'waiver', 'state', 'overdue', 'seen']) if (F[column]) F[column] = unpack(F[column]);
  for (const column of ['place', 'kind']) A[column] = unpack(A[column]);
  const N = F.control.length;
  const $ = id => document.getElementById(id);

  // ── small builders ────────────────────────────────────────────────────────────────────────────
  const h = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name === 'class') node.className = value;
      else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
    return node;
  };
  const svg = (tag, attributes, ...children) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const fmt = number => number.toLocaleString('en');
  const plural = (number, word) => `${fmt(number)} ${word}${number === 1 ? '' : 's'}`;
  const day = instant => String(instant).slice(0, 10);
  const instant = text => String(text).replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, '');
  const dayOf = seconds => new Date(seconds * 1000).toISOString().slice(0, 10);
  const sum = counts => Object.values(counts || {}).reduce((a, b) => a + b, 0);
  const pill = (kind, text) => h('span', { class: `pill p-${kind}` }, text || kind.replace('_', ' '));
  const short = id => id.replace(/^CTL\.SAGEMAKER\./, '').replace(/\.\d+$/, '');
  // What stands in backticks is a name or a value.
  const rich = text => text.split('`').map((part, index) => index % 2 ? h('code', {}, part) : part);
  const bar = parts => {
    const total = parts.reduce((all, part) => all + part[1], 0) || 1;
    const node = svg('svg', { class: 'bar', viewBox: '0 0 1000 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('rect', { class: 'f-none', width: 1000, height: 10 }));
    let x = 0;
    for (const [kind, value] of parts) {
      const width = 1000 * value / total;
      if (width > 0) node.append(svg('rect', { class: `f-${kind}`, x, width, height: 10 }));
      x += width;
    }
    return node;
  };

  // ── findings as columns ───────────────────────────────────────────────────────────────────────
  const count = i => F.count ? F.count[i] : 1;
  const control = i => D.controls[F.control[i]];
  const place = i => A.places[A.place[F.asset[i]]];
  const kind = i => A.kinds[A.kind[F.asset[i]]];
  const name = i => A.name[F.asset[i]];
  const arn = i => A.arn[F.asset[i]] ||
    `arn:aws:sagemaker:${place(i)[1]}:${place(i)[0]}:${kind(i).replace('endpoint_configuration', 'endpoint-config').replace('_', '-')}/${name(i)}`;
  const filled = (text, i) => text.includes('\u0001') || text.includes('\u0002') || text.includes('\u0003')
    ? text.replaceAll('\u0002', arn(i)).replaceAll('\u0001', name(i)).replaceAll('\u0003', place(i)[1]) : text;
  D.causes = D.causes.map(([kind, account, named]) => ({ kind: D.cause_kinds[kind], account: D.accounts[account], name: typeof named === 'number' ? A.name[named] : named }));
  const text = (at, i) => at < 0 ? null : filled(D.texts[at], i);
  const lines = (places, i) => places.map(at => text(at, i));
  const call = (at, i) => {
    const [name, again, subject] = D.calls[at], put = text(subject, i) || '';
    return { call: text(name, i).replaceAll('\u0004', put), again: text(again, i).replaceAll('\u0004', put) };
  };
  const item = (parts, i) => [
    () => ({ of: call(parts[1], i), at: text(parts[2], i), value: text(parts[3], i), absent: text(parts[4], i) }),
    () => ({ of: call(parts[1], i), outcome: text(parts[2], i), code: text(parts[3], i) }),
    () => ({ policy: text(parts[1], i), version: text(parts[2], i), at: text(parts[3], i), sid: text(parts[4], i), effect: text(parts[5], i), statement: text(parts[6], i) }),
    () => ({ tunable: text(parts[1], i) }),
  ][parts[0]]();
  const detailOf = i => {
    const [evidence, more, notes, missing, commands, tunables, reason] = D.details[F.detail[i]];
    return { evidence: evidence.map(at => item(D.items[at], i)), more, notes: notes.map(at => text(at, i)),
      missing: missing.map(([at, action]) => ({ text: text(at, i), action: text(action, i) })), commands: lines(commands, i), tunables: lines(tunables, i), reason: text(reason, i) };
  };
  // As `sagewarden explain` takes it.
  const link = i => `${control(i).id.replace(/^CTL\.SAGEMAKER\./, '')}@${arn(i)}`;
  const why = i => filled(D.texts[F.why[i]], i);
  const sev = i => SEV.indexOf(control(i).severity);
  const isNew = i => F.state && F.state[i] === 2;
  const isOverdue = i => F.overdue && F.overdue[i] === 1;

  // ── state in the address ──────────────────────────────────────────────────────────────────────
  const KEYS = ['q', 'verdict', 'severity', 'control', 'account', 'region', 'kind', 'cause', 'new', 'overdue', 'sort', 'id'];
  const state = {};
  const readAddress = () => {
    for (const key of KEYS) delete state[key];
    const hash = location.hash.slice(1);
    if (!hash.includes('=')) return false;
    for (const [key, value] of new URLSearchParams(hash)) if (KEYS.includes(key) && value) state[key] = value;
    return true;
  };
  const writeAddress = () => {
    const parameters = new URLSearchParams();
    for (const key of KEYS) if (state[key]) parameters.set(key, state[key]);
    const text = parameters.toString();
    if (!text && !location.hash.includes('=')) return;
    // A page from a disk may not use `history`. `#all` names no element, so that nothing scrolls.
    written = text ? `#${text}` : '#all';
    if (location.hash !== written) location.replace(written);
  };
  let written = '';
  const show = filter => {
    for (const key of KEYS) delete state[key];
    Object.assign(state, filter);
    apply();
    $('findings').scrollIntoView();
  };

  // ── 1 verdict strip ───────────────────────────────────────────────────────────────────────────
  // What a print unfolds.
  const whole = [];
  const causes = new Map();
  const rankCauses = () => {
    for (let i = 0; i < N; i++) {
      if (F.verdict[i] !== 0) continue;
      let entry = causes.get(F.cause[i]);
      if (!entry) causes.set(F.cause[i], entry = { cause: F.cause[i], rows: 0, total: 0, severities: [0, 0, 0, 0], controls: new Map() });
      entry.rows++;
      entry.total += count(i);
      entry.severities[sev(i)] += count(i);
      entry.controls.set(F.control[i], (entry.controls.get(F.control[i]) || 0) + count(i));
    }
    const weight = entry => entry.severities[0] * 8 + entry.severities[1] * 4 + entry.severities[2] * 2 + entry.severities[3];
    return [...causes.values()].sort((a, b) => b.total - a.total || weight(b) - weight(a) || a.cause - b.cause);
  };
  const causeWords = { role: 'role', bucket: 'bucket', launcher: 'launcher of', training_job: 'training job', notebook_instance: 'notebook instance', endpoint_configuration: 'endpoint configuration' };
  const causeName = cause => `${causeWords[cause.kind] || cause.kind} ${cause.name}`;
  const ranked = rankCauses();
  const overview = () => {
    const fails = S.verdicts.fail || 0, unknown = S.verdicts.unknown || 0;
    const assets = sum(S.assets);
    $('about').textContent = `as of ${day(R.as_of)} · ${plural(assets, 'asset')} · ${plural(R.accounts.length, 'account')}`;
    const lead = $('lead'), first = ranked[0];
    lead.append(fails ? `${plural(fails, 'finding')} ${fails === 1 ? 'is' : 'are'} open. ` : 'Nothing is open. ');
    if (first) lead.append('Fix ', h('button', { type: 'button', onclick: () => show({ cause: String(first.cause), verdict: 'fail' }) }, causeName(D.causes[first.cause])),
      ` first: it removes ${fmt(first.total)}. `);
    const worst = S.missing[0];
    if (unknown) lead.append(...[h('button', { type: 'button', onclick: () => show({ verdict: 'unknown' }) }, `${plural(unknown, 'verdict')} ${unknown === 1 ? 'is' : 'are'} unknown`),
      worst ? [`, ${worst.verdicts < unknown ? `${fmt(worst.verdicts)} of them ` : ''}because `, ...rich(worst.what), '.'] : '.'].flat());
    else lead.append('Nothing that was asked stayed unknown.');
    const open = SEV.map(severity => [severity, (S.open || {})[severity] || 0]);
    const tile = (value, label, filter) => filter && value
      ? h('button', { class: 'tile', type: 'button', onclick: () => show(filter) }, h('b', {}, fmt(value)), h('span', {}, label))
      : h('div', { class: 'tile' }, h('b', { class: value === null ? 't-soft' : '' }, value === null ? '–' : fmt(value)), h('span', {}, label));
    $('strip').append(...[
      h('div', { class: 'tile' }, h('b', {}, fmt(fails)), h('span', {}, 'open fails'), bar(open), h('div', { class: 'legend' },
        open.map(([severity, value]) => h('button', { type: 'button', class: `t-${severity}`, onclick: () => show({ verdict: 'fail', severity }) }, `${fmt(value)} ${severity}`)))),
      R.baseline ? [tile(sum(S.new), `new since ${day(R.baseline)}`, { new: '1' }), tile(sum(S.overdue), 'overdue', { overdue: '1' })]
        : tile(null, 'new, overdue: no baseline was given'),
      tile(unknown, 'unknown', { verdict: 'unknown' }),
      tile(S.verdicts.waived || 0, 'waived', { verdict: 'waived' }),
      tile(S.verdicts.pass || 0, 'pass')].flat());
  };

  // ── 2 fix this once ───────────────────────────────────────────────────────────────────────────
  const once = () => {
    const box = $('once-list');
    if (!ranked.length) { box.append(h('div', { class: 'panel empty' }, 'Nothing is open.')); return; }
    const most = ranked[0].total;
    const draw = number => {
      box.replaceChildren(h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Changes' }, h('table', { class: 'once' },
        h('thead', {}, h('tr', {}, h('th', { class: 'rank' }, '#'), h('th', {}, 'At'), h('th', { class: 'num' }, 'Removes'), h('th', { class: 'change' }, 'Change'))),
        h('tbody', {}, ranked.slice(0, number).map((entry, index) => {
          const cause = D.causes[entry.cause];
          const parts = SEV.map((severity, at) => [severity, entry.severities[at]]);
          parts.push(['none', most - entry.total]);
          // The worst control first, then the one with most findings.
          const controls = [...entry.controls].sort((a, b) => SEV.indexOf(D.controls[a[0]].severity) - SEV.indexOf(D.controls[b[0]].severity) || b[1] - a[1] || a[0] - b[0]);
          const [worst] = controls[0], others = controls.slice(1);
          return h('tr', {}, h('td', { class: 'rank' }, index + 1),
            h('td', { class: 'what' }, cause.name, h('small', {}, `${(causeWords[cause.kind] || cause.kind).replace(' of', '')} · ${cause.account}`), bar(parts)),
            h('td', { class: 'num' }, h('button', { class: 'link', type: 'button', onclick: () => show({ cause: String(entry.cause), verdict: 'fail' }), 'aria-label': `show the ${entry.total} findings of ${causeName(cause)}` }, fmt(entry.total))),
            h('td', { class: 'change' }, h('div', { title: D.controls[worst].fix }, rich(D.controls[worst].fix)), h('small', {}, short(D.controls[worst].id), others.length ? `, then ${others.slice(0, 3).map(([at]) => short(D.controls[at].id)).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}` : '')));
        })))), ranked.length > number ? h('p', { class: 'hint' }, h('button', { class: 'link', type: 'button', onclick: () => draw(number + 20) }, `Show more of ${fmt(ranked.length)}`)) : '');
    };
    draw(5);
    whole.push(() => draw(200));
  };

  // ── 3 heat map ────────────────────────────────────────────────────────────────────────────────
  const map = () => {
    const columns = D.controls.map((_, at) => at).sort((a, b) => SEV.indexOf(D.controls[a].severity) - SEV.indexOf(D.controls[b].severity) || D.controls[a].id.localeCompare(D.controls[b].id));
    const rows = D.map.slice().sort((a, b) => fails(b) - fails(a));
    function fails(row) { return row.cells.reduce((all, cell) => all + cell[0], 0); }
    const most = 300;
    $('map-table').append(h('table', { class: 'map' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Account'), columns.map(at => h('th', { class: 'col', scope: 'col', title: D.controls[at].title }, h('span', { class: `t-${D.controls[at].severity}` }, short(D.controls[at].id)))), h('th', { class: 'last', 'aria-hidden': 'true' }))),
      h('tbody', {}, rows.slice(0, most).map(row => h('tr', {}, h('th', { scope: 'row' }, row.account || 'no account'), columns.map(at => {
        const [fail, unknown, waived, pass, na] = row.cells[at], judged = fail + unknown + waived + pass;
        const label = `${row.account} ${short(D.controls[at].id)}: ${fail} fail, ${unknown} unknown, ${waived} waived, ${pass} pass, ${na} not applicable`;
        const button = h('button', { type: 'button', title: label, 'aria-label': label, class: (judged ? (fail + unknown + waived ? '' : 'clean') : 'none') + (unknown ? ' dot' : ''), tabindex: judged && fail + unknown + waived ? null : '-1' },
          judged ? (fail ? (fail > 9999 ? `${Math.round(fail / 1000)}k` : fail) : unknown + waived ? '0' : '✓') : '·');
        if (fail) button.style.backgroundColor = `rgba(var(--heat), ${0.14 + 0.62 * fail / judged})`;
        if (judged && fail + unknown + waived) button.addEventListener('click', () => show({ account: row.account, control: D.controls[at].id }));
        return h('td', {}, button);
      }), h('td'))))));
    if (rows.length > most) $('map-table').after(h('p', { class: 'hint' }, `The ${most} accounts with most fails, of ${rows.length}.`));
  };

  // ── 4 findings ────────────────────────────────────────────────────────────────────────────────
  let view = [], at = 0, drawn = '', shownRow = -1;
  const tall = () => matchMedia('(max-width: 700px)').matches ? 82 : 40;
  const options = list => [...new Set(list)].sort();
  const filters = () => {
    const box = $('filters');
    const select = (key, label, values) => h('select', { 'aria-label': label, id: `f-${key}`, onchange: event => { state[key] = event.target.value; delete state.id; apply(); } },
      h('option', { value: '' }, label), values.map(value => Array.isArray(value) ? h('option', { value: value[0] }, value[1]) : h('option', { value }, value.replace('_', ' '))));
    const places = A.places;
    box.append(
      h('input', { type: 'search', id: 'f-q', placeholder: 'Search assets, controls, reasons  ( / )', 'aria-label': 'Search', oninput: event => { state.q = event.target.value; apply(); } }),
      select('verdict', 'Verdict', VERDICT), select('severity', 'Severity', SEV),
      select('control', 'Control', D.controls.map(entry => [entry.id, short(entry.id)])),
      select('kind', 'Asset kind', A.kinds), select('account', 'Account', options(places.map(entry => entry[0]))), select('region', 'Region', options(places.map(entry => entry[1]))));
    if (F.state) for (const [key, label] of [['new', 'new'], ['overdue', 'overdue']])
      box.append(h('label', { class: 'check' }, h('input', { type: 'checkbox', id: `f-${key}`, onchange: event => { state[key] = event.target.checked ? '1' : ''; apply(); } }), label));
    box.append(h('button', { type: 'button', id: 'f-cause', class: 'chip', hidden: true, onclick: () => { delete state.cause; apply(); } }),
      h('button', { type: 'button', class: 'quiet', id: 'f-clear', onclick: () => { for (const key of KEYS) delete state[key]; apply(); } }, 'Clear'));
    box.addEventListener('submit', event => event.preventDefault());
  };
  const SORTS = {
    verdict: (a, b) => F.verdict[a] - F.verdict[b], severity: (a, b) => sev(a) - sev(b), control: (a, b) => control(a).id.localeCompare(control(b).id),
    asset: (a, b) => name(a).localeCompare(name(b)), place: (a, b) => place(a).join().localeCompare(place(b).join()),
  };
  const table = () => {
    const head = (key, label) => h('div', { role: 'columnheader' }, h('button', { type: 'button', onclick: () => { state.sort = state.sort === key ? `-${key}` : key; apply(); } }, label));
    $('table').append(h('div', { class: 'rows', role: 'table', 'aria-label': 'Findings', id: 'grid' },
      h('div', { role: 'rowgroup' }, h('div', { class: 'row head', role: 'row' }, head('verdict', 'Verdict'), head('severity', 'Severity'), head('control', 'Control'), head('asset', 'Asset'), h('div', { role: 'columnheader' }, h('button', { type: 'button', disabled: true }, 'Why')), head('place', 'Account, Region'))),
      h('div', { class: 'body', role: 'rowgroup', tabindex: '0', id: 'body', 'aria-label': 'Rows; arrows move, Enter opens' }, h('div', { class: 'spacer', role: 'presentation', id: 'spacer' }))));
    const body = $('body');
    body.addEventListener('scroll', () => requestAnimationFrame(draw));
    addEventListener('resize', () => { drawn = ''; draw(); });
    body.addEventListener('keydown', event => {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -view.length, End: view.length }[event.key];
      if (step) { event.preventDefault(); move(Math.max(0, Math.min(view.length - 1, at + step))); }
      else if (event.key === 'Enter' && view.length) {
        // The focus moves to a button, which the same key would press.
        event.preventDefault();
        open(view[at], true);
      }
    });
  };
  const move = to => {
    at = to;
    const body = $('body'), size = tall(), top = at * size;
    if (top < body.scrollTop) body.scrollTop = top;
    else if (top + size > body.scrollTop + body.clientHeight) body.scrollTop = top + size - body.clientHeight;
    drawn = '';
    draw();
    if (state.id && view.length) open(view[at], false);
  };
  // Rows that a print holds; it says how many it leaves out.
  const PRINTED = 2000;
  const draw = all => {
    const body = $('body'), size = tall();
    $('spacer').style.height = `${view.length * size}px`;
    const from = all === true ? 0 : Math.max(0, Math.floor(body.scrollTop / size) - 8);
    const to = all === true ? Math.min(view.length, PRINTED) : Math.min(view.length, from + Math.ceil(body.clientHeight / size) + 16);
    const key = `${from}-${to}-${size}-${at}-${state.id || ''}`;
    if (key === drawn) return;
    drawn = key;
    const rows = [];
    for (let index = from; index < to; index++) {
      const i = view[index], row = line(i, index);
      row.style.top = `${index * size}px`;
      rows.push(row);
    }
    $('spacer').replaceChildren(...(view.length ? rows : [h('div', { class: 'empty', role: 'row' }, h('div', { role: 'cell' }, N ? 'No finding matches. Clear the filters to see all.' : 'Nothing fails and nothing is unknown.'))]));
  };
  const line = (i, index) => {
    const verdict = VERDICT[F.verdict[i]], [account, region] = place(i), entry = control(i), more = count(i);
    const row = h('div', { class: `row${index === at ? ' at' : ''}${shownRow === i ? ' open' : ''}`, role: 'row', 'aria-rowindex': index + 2, onclick: () => { at = index; open(i, false); } },
      h('div', { role: 'cell' }, isOverdue(i) ? pill('failing', 'overdue') : isNew(i) ? pill('new', 'new') : pill(verdict === 'fail' ? 'failing' : verdict, verdict)),
      h('div', { role: 'cell' }, pill(entry.severity)),
      h('div', { role: 'cell', title: entry.title }, short(entry.id)),
      h('div', { role: 'cell', title: arn(i) }, h('span', { class: 'name' }, name(i)), ' ', h('small', {}, more > 1 ? `× ${fmt(more)}` : kind(i).replace('_', ' '))),
      h('div', { role: 'cell', title: why(i) }, rich(why(i))),
      h('div', { role: 'cell' }, h('small', {}, `${account} ${region}`)));
    return row;
  };
  const apply = () => {
    const words = (state.q || '').toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = VERDICT.indexOf(state.verdict), severity = SEV.indexOf(state.severity);
    const controls = state.control ? D.controls.findIndex(entry => entry.id === state.control) : -1;
    const kinds = state.kind ? A.kinds.indexOf(state.kind) : -1, cause = state.cause ? Number(state.cause) : -1;
    // What a word hits is looked up once an asset and once a text: 1 is a hit, 2 is none.
    const memory = words.map(() => [new Uint8Array(A.name.length), new Uint8Array(D.texts.length), new Uint8Array(D.controls.length)]);
    const hit = (known, key, word, text) => (known[key] || (known[key] = text().toLowerCase().includes(word) ? 1 : 2)) === 1;
    view = [];
    for (let i = 0; i < N; i++) {
      if (state.verdict && F.verdict[i] !== verdict) continue;
      if (state.severity && sev(i) !== severity) continue;
      if (state.control && F.control[i] !== controls) continue;
      if (state.cause && F.cause[i] !== cause) continue;
      if (state.kind && A.kind[F.asset[i]] !== kinds) continue;
      if (state.account && place(i)[0] !== state.account) continue;
      if (state.region && place(i)[1] !== state.region) continue;
      if (state.new && !isNew(i)) continue;
      if (state.overdue && !isOverdue(i)) continue;
      if (words.length && !words.every((word, at) => hit(memory[at][2], F.control[i], word, () => `${control(i).id} ${control(i).title}`)
        || hit(memory[at][0], F.asset[i], word, () => `${arn(i)} ${kind(i)}`) || hit(memory[at][1], F.why[i], word, () => D.texts[F.why[i]]))) continue;
      view.push(i);
    }
    if (state.sort) {
      const backwards = state.sort.startsWith('-'), sort = SORTS[state.sort.replace('-', '')];
      if (sort) view.sort((a, b) => (backwards ? sort(b, a) : sort(a, b)) || a - b);
    }
    at = 0;
    if (!state.id) $('body').scrollTop = 0;
    for (const key of ['q', 'verdict', 'severity', 'control', 'kind', 'account', 'region', 'new', 'overdue']) {
      const node = $(`f-${key}`);
      if (!node) continue;
      if (node.type === 'checkbox') node.checked = !!state[key]; else if (node.value !== (state[key] || '')) node.value = state[key] || '';
      node.classList.toggle('on', !!state[key]);
    }
    const chip = $('f-cause');
    chip.hidden = !state.cause || !D.causes[cause];
    if (!chip.hidden) chip.textContent = `${causeName(D.causes[cause])} ×`;
    const jobs = view.reduce((all, i) => all + count(i), 0);
    $('shown').textContent = `${fmt(view.length)} of ${plural(N, 'finding')}${jobs > view.length ? `, on ${fmt(jobs)} assets: jobs alike are one row` : ''}${R.omitted ? `. ${R.omitted}` : ''}`;
    $('grid').setAttribute('aria-rowcount', view.length + 1);
    drawn = '';
    draw();
    writeAddress();
  };
  // ── evidence drawer ───────────────────────────────────────────────────────────────────────────
  let before = null;
  const command = text => h('div', { class: 'cmd' }, h('pre', {}, text), navigator.clipboard && isSecureContext ? h('button', { type: 'button', class: 'quiet', onclick: event => {
    navigator.clipboard.writeText(text).then(() => { event.target.textContent = 'copied'; }, () => { event.target.textContent = 'refused'; });
  } }, 'copy') : '');
  // The statement with the entry that matched marked: `Statement[2].Resource[0]`.
  const statement = (text, path) => {
    const pre = h('pre', {});
    let value;
    try { value = JSON.parse(text); } catch { pre.append(h('mark', {}, text)); return pre; }
    const wanted = /^Statement(?:\[\d+\])?\.(\w+)(?:\[(\d+)\])?/.exec(path);
    const put = (node, indent, marked) => {
      const pad = '  '.repeat(indent);
      if (Array.isArray(node)) {
        pre.append('[');
        node.forEach((item, index) => { pre.append(`${index ? ',' : ''}\n${pad}  `); put(item, indent + 1, marked === true || (marked && marked.index === index)); });
        pre.append(node.length ? `\n${pad}]` : ']');
      } else if (node && typeof node === 'object') {
        pre.append('{');
        Object.entries(node).forEach(([key, item], index) => {
          pre.append(`${index ? ',' : ''}\n${pad}  `, h('span', { class: 'k' }, JSON.stringify(key)), ': ');
          const here = indent === 0 && wanted && wanted[1] === key;
          const whole = indent === 0 && !wanted && ['Effect', 'Action', 'NotAction', 'Resource', 'NotResource'].includes(key);
          put(item, indent + 1, here ? (wanted[2] === undefined || !Array.isArray(item) ? true : { index: Number(wanted[2]) }) : whole);
        });
        pre.append(`\n${pad}}`);
      } else pre.append(marked === true ? h('mark', {}, JSON.stringify(node)) : JSON.stringify(node));
    };
    put(value, 0, false);
    return pre;
  };
  const evidence = item => {
    if (item.tunable) return h('div', { class: 'card' }, `tunable ${item.tunable}`);
    if (item.policy) return h('div', { class: 'card' }, h('div', {}, item.policy, item.version ? ` ${item.version}` : ''),
      h('div', { class: 't-soft' }, `${item.at}${item.sid ? ` (${item.sid})` : ''} ${item.effect}`), statement(item.statement, item.at));
    const value = item.outcome ? `${item.outcome}${item.code ? ` (${item.code})` : ''}` : item.absent ? `absent, which means ${item.absent}` : item.value;
    return h('div', { class: 'card' }, h('div', { class: 't-soft' }, item.of.call), h('div', {}, item.at ? h('code', {}, item.at) : '', item.at ? ' = ' : '', h('code', {}, value)),
      h('details', {}, h('summary', {}, 'read it again'), command(item.of.again)));
  };
  const open = (i, focus) => {
    const entry = control(i), detail = detailOf(i), verdict = VERDICT[F.verdict[i]], [account, region] = place(i);
    const drawer = $('drawer');
    if (drawer.hidden) before = document.activeElement;
    state.id = link(i);
    shownRow = i;
    const facts = [['asset', h('span', { class: 'mono' }, arn(i))], ['account', `${account}, ${region}`], ['reason', detail.reason]];
    const again = R.again === null ? null : `sagewarden explain '${link(i)}'${R.again}`;
    if (count(i) > 1) facts.push(['stands for', `${fmt(count(i))} training jobs alike; this is the latest`]);
    if (F.seen && F.seen[i]) facts.push(['since', `${dayOf(F.seen[i])}${isNew(i) ? ', new' : ''}${isOverdue(i) ? ', overdue' : ''}`]);
    if (F.waiver && F.waiver[i]) facts.push(['waived', F.waivers[F.waiver[i] - 1]]);
    if (detail.tunables.length) facts.push(['tunables', detail.tunables.join(', ')]);
    const change = { in_place: 'in place, at once', restart: 'in place, after a stop and a start', recreate: 'by making the resource anew', replace: 'by a new resource beside it, then switching over', rerun: 'in what launches the next run; the finished job is history' }[entry.change];
    const part = (title, ...content) => {
      const parts = content.flat(Infinity).filter(Boolean);
      return parts.length ? [h('h3', {}, title), ...parts] : [];
    };
    const asked = Object.entries(entry.compliance).flatMap(([framework, ids]) => ids.map(id => `${framework} ${id}`));
    drawer.replaceChildren(
      h('div', { class: 'bar-top' }, h('div', {}, pill(verdict === 'fail' ? 'failing' : verdict, verdict), ' ', pill(entry.severity), ' ', h('span', { class: 't-soft' }, entry.id)),
        h('button', { type: 'button', class: 'quiet', onclick: close, id: 'close' }, 'Close')),
      h('h2', { id: 'drawer-title' }, name(i)), h('p', { class: 'why' }, rich(why(i))),
      h('dl', {}, facts.filter(fact => fact[1]).flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)])),
      ...part('Not read', detail.missing.map(item => h('div', { class: 'card' }, rich(item.text), item.action ? h('div', { class: 't-soft' }, `needs ${item.action}`) : ''))),
      ...part('Evidence', detail.evidence.map(item => evidence(item)), detail.more ? h('p', { class: 'hint' }, `and ${detail.more} more; the JSON holds them all`) : []),
      ...(verdict === 'fail' || verdict === 'waived' ? part(`Fix, ${change}`, h('p', {}, rich(entry.fix)), detail.commands.map(text => command(text)),
        entry.terraform ? h('details', {}, h('summary', {}, 'Terraform'), h('pre', {}, entry.terraform)) : '', entry.cloudformation ? h('details', {}, h('summary', {}, 'CloudFormation'), h('pre', {}, entry.cloudformation)) : '') : []),
      ...part('How it was reached', again ? command(again) : []),
      ...part('Notes', detail.notes.length ? h('ul', {}, detail.notes.map(text => h('li', {}, rich(text)))) : []),
      ...part('Why it matters', h('p', {}, rich(entry.rationale))),
      ...part('Asked by', asked.length ? h('p', {}, asked.join(' · ')) : []),
      ...part('Read on', entry.references.length ? h('ul', {}, entry.references.map(url => h('li', {}, url))) : []));
    drawer.hidden = false;
    drawer.scrollTop = 0;
    drawn = '';
    draw();
    writeAddress();
    if (focus) $('close').focus();
  };
  const close = () => {
    $('drawer').hidden = true;
    delete state.id;
    shownRow = -1;
    drawn = '';
    draw();
    writeAddress();
    if (before && before.isConnected) before.focus({ preventScroll: true }); else $('body').focus({ preventScroll: true });
  };

  // ── 5 frameworks ──────────────────────────────────────────────────────────────────────────────
  const frameworks = () => {
    const tabs = $('framework-tabs'), box = $('framework-table');
    tabs.setAttribute('role', 'tablist');
    const choose = at => {
      [...tabs.children].forEach((tab, index) => { tab.setAttribute('aria-selected', index === at); tab.tabIndex = index === at ? 0 : -1; });
      const chosen = D.frameworks[at];
      box.replaceChildren(h('table', {}, h('caption', { class: 'note t-soft' }, chosen.title), h('thead', {}, h('tr', {}, ['Requirement', 'State', 'Controls'].map(text => h('th', { scope: 'col' }, text)), ['Fail', 'Unknown', 'Waived', 'Pass'].map(text => h('th', { scope: 'col', class: 'num hide-s' }, text)))),
        h('tbody', {}, chosen.rows.map(row => h('tr', {}, h('td', {}, h('b', {}, row.id), ` ${row.title}`, row.remark ? h('div', { class: 'remark' }, rich(row.remark)) : ''), h('td', {}, pill(row.state)),
          h('td', {}, row.controls.map((entry, index) => [index ? ', ' : '', h('button', { type: 'button', class: 'link', title: entry.title, onclick: () => show({ control: entry.id }) }, short(entry.id))])),
          ['fail', 'unknown', 'waived', 'pass'].map(key => h('td', { class: 'num hide-s' }, fmt(row.counts[key]))))))));
    };
    D.frameworks.forEach((framework, at) => tabs.append(h('button', { type: 'button', role: 'tab', onclick: () => choose(at), onkeydown: event => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { const next = (at + step + D.frameworks.length) % D.frameworks.length; choose(next); tabs.children[next].focus(); }
    } }, framework.id.replaceAll('_', ' ').toUpperCase())));
    if (D.frameworks.length) choose(0);
  };

  // ── 6 waivers ─────────────────────────────────────────────────────────────────────────────────
  const waivers = () => {
    const box = $('waiver-table');
    if (!D.waivers.length) { box.replaceChildren(h('p', { class: 'note t-soft' }, 'No waiver was given.', S.verdicts.waived ? ` ${plural(S.verdicts.waived, 'finding')} ${S.verdicts.waived === 1 ? 'is' : 'are'} accepted by a tag on the asset or by the control itself.` : '')); return; }
    const now = Date.parse(R.as_of);
    const left = waiver => Math.floor((Date.parse(`${waiver.expires}T23:59:59Z`) - now) / 864e5);
    box.replaceChildren(h('table', {}, h('thead', {}, h('tr', {}, ['Waiver', 'Covers', 'Until', 'Owner', 'Reason', 'Controls'].map(text => h('th', { scope: 'col', class: text === 'Covers' ? 'num' : null }, text)))),
      h('tbody', {}, D.waivers.slice().sort((a, b) => left(a) - left(b)).map(waiver => h('tr', {}, h('td', {}, h('b', {}, waiver.id), h('div', { class: 't-soft' }, waiver.kind)), h('td', { class: 'num' }, fmt(waiver.covers)),
        h('td', {}, waiver.expires, h('div', { class: left(waiver) < 0 ? 't-high' : left(waiver) < 14 ? 't-medium' : 't-soft' }, left(waiver) < 0 ? 'ended' : `${plural(left(waiver), 'day')} left`)),
        h('td', {}, waiver.owner, waiver.ticket ? h('div', { class: 't-soft' }, waiver.ticket) : ''), h('td', {}, waiver.reason, waiver.said.map(text => h('div', { class: 't-medium' }, text))), h('td', {}, waiver.controls.map(short).join(', ')))))));
  };

  // ── 7 coverage ────────────────────────────────────────────────────────────────────────────────
  const coverage = () => {
    const missing = S.missing, C = D.coverage, box = $('coverage-body');
    const table = h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Not read' }), more = h('p', { class: 'hint' }), notes = h('div', { class: 'panel notes' });
    const draw = number => {
      table.replaceChildren(h('table', {}, h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'num' }, 'Unknown'), h('th', { scope: 'col' }, 'Not read'))),
        h('tbody', {}, missing.slice(0, number).map(cost => h('tr', {}, h('td', { class: 'num' }, fmt(cost.verdicts)), h('td', {}, rich(cost.what), cost.action && !cost.what.includes(cost.action) ? h('div', { class: 't-soft' }, `needs ${cost.action}`) : ''))))));
      more.replaceChildren(missing.length > number ? h('button', { class: 'link', type: 'button', onclick: () => draw(number + 40) }, `Show more of ${fmt(missing.length)}`) : '');
    };
    if (missing.length) { draw(5); whole.push(() => draw(missing.length)); } else table.append(h('p', { class: 'note' }, 'Everything that the controls asked for was read.'));
    const note = (...content) => notes.append(h('p', { class: 'note' }, ...content));
    if (C.unlisted.length) note(h('b', {}, 'Assets may have escaped. '), `These listings are missing or not whole: ${C.unlisted.slice(0, 12).map(row => `${row.operation} in ${row.account} ${row.region} (${row.state})`).join('; ')}${C.unlisted.length > 12 ? ` and ${C.unlisted.length - 12} more` : ''}.`);
    else note('Every listing that the controls need is whole: no asset of these accounts and Regions escaped.');
    if (S.jobs_outside_window) note(`${plural(S.jobs_outside_window, 'training job')} older than the window were counted and not judged.`);
    if (S.jobs_window_unknown) note(`Of ${plural(S.jobs_window_unknown, 'old training job')} it is not known whether a live endpoint serves their model; they were not judged.`);
    if (C.incomplete.length) note(`${plural(C.incomplete.length, 'call')} of ${fmt(C.calls)} were refused or partial.`);
    note('Service control policies, resource control policies and session policies are not evaluated.');
    for (const warning of C.warnings.slice(0, 20)) note(warning);
    box.append(table, more, notes);
  };

  // ── 8 trend ───────────────────────────────────────────────────────────────────────────────────
  const trend = () => {
    const points = [...D.trend, { as_of: R.as_of, open: S.open, unknown: S.verdicts.unknown || 0, here: true }].sort((a, b) => Date.parse(a.as_of) - Date.parse(b.as_of));
    if (points.length < 2) return;
    $('trend').hidden = false;
    const kinds = [...SEV, 'unknown'], of = (point, key) => key === 'unknown' ? point.unknown : (point.open || {})[key] || 0;
    const series = kinds.map(key => [key, points.map(point => of(point, key))]).filter(([, values]) => values.some(Boolean));
    const box = h('div', { class: 'panel' });
    // As wide as the page, so that letters keep their size.
    const chart = () => {
      const W = Math.max(280, box.clientWidth - 24), H = 200, P = 40, right = W - 92, times = points.map(point => Date.parse(point.as_of));
      const most = Math.max(1, ...series.flatMap(([, values]) => values)), span = times[times.length - 1] - times[0] || 1;
      const x = at => P + (right - P) * (times[at] - times[0]) / span, y = value => 12 + (H - 40) * (1 - value / most);
      const drawing = svg('svg', { class: 'chart', width: W, height: H, viewBox: `0 0 ${W} ${H}`, 'aria-hidden': 'true' });
      for (const part of most > 1 ? [0, .5, 1] : [0, 1]) drawing.append(svg('line', { class: 'grid', x1: P, x2: right, y1: y(most * part), y2: y(most * part) }), svg('text', { x: P - 6, y: y(most * part) + 4, 'text-anchor': 'end' }, fmt(Math.round(most * part))));
      let last = -Infinity;
      points.forEach((point, at) => {
        if (point.here) drawing.append(svg('line', { class: 'here', x1: x(at), x2: x(at), y1: 12, y2: H - 28 }));
        if (x(at) - last < 76) return;
        last = x(at);
        drawing.append(svg('text', { x: x(at), y: H - 8, 'text-anchor': at ? 'middle' : 'start' }, day(point.as_of)));
      });
      const ends = [];
      for (const [key, values] of series) {
        drawing.append(svg('path', { class: `s-${key}`, d: values.map((value, at) => `${at ? 'L' : 'M'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join(' ') }));
        values.forEach((value, at) => drawing.append(svg('circle', { class: `f-${key}`, cx: x(at).toFixed(1), cy: y(value).toFixed(1), r: 2.5 })));
        let end = y(values[values.length - 1]) + 4;
        while (ends.some(known => Math.abs(known - end) < 13)) end -= 13;
        ends.push(end);
        drawing.append(svg('text', { x: right + 8, y: end, class: `f-${key}` }, `${fmt(values[values.length - 1])} ${key}`));
      }
      return drawing;
    };
    const rows = points.slice().reverse().map(point => h('tr', { class: point.here ? 'here' : null }, h('th', { scope: 'row' }, point.page ? h('a', { href: point.page }, instant(point.as_of)) : instant(point.as_of), point.here ? ' (this page)' : ''),
      kinds.map(key => h('td', { class: 'num' }, fmt(of(point, key))))));
    $('trend-body').append(box, h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Assessments' }, h('table', { id: 'assessments' },
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Assessment'), kinds.map(key => h('th', { scope: 'col', class: 'num' }, key)))), h('tbody', {}, rows))));
    const draw = () => box.replaceChildren(chart());
    draw();
    addEventListener('resize', draw);
  };

  // ── frame ─────────────────────────────────────────────────────────────────────────────────────
  const frame = () => {
    for (const [id, label] of [['once', 'Fix first'], ['coverage', 'Not read'], ['map', 'Map'], ['findings', 'Findings'], ['frameworks', 'Frameworks'], ['waivers', 'Waivers'], ...(D.trend.length ? [['trend', 'Trend']] : [])])
      $('nav').append(h('a', { href: `#${id}` }, label));
    const tunables = Object.entries(R.tunables || {}).map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(', ');
    $('foot').append(`sagewarden ${R.version} · profile ${R.profile}${tunables ? ` (${tunables})` : ''} · catalogue ${R.catalog.slice(0, 12)} · input ${R.inputs.join(', ')} · regions ${R.regions.join(', ')}`);
    $('theme').addEventListener('click', () => {
      const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
      document.documentElement.dataset.theme = dark ? 'light' : 'dark';
    });
    addEventListener('keydown', event => {
      if (event.key === 'Escape' && !$('drawer').hidden) close();
      if (event.key === '/' && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) { event.preventDefault(); $('f-q').focus(); }
    });
    const follow = () => {
      if (location.hash === written || !readAddress()) return;
      const id = state.id;
      apply();
      let i = -1;
      if (id) for (let row = 0; row < N && i < 0; row++) if (id.endsWith(name(row)) && (id === link(row) || id === `${control(row).id}@${arn(row)}`)) i = row;
      if (i >= 0) { at = Math.max(0, view.indexOf(i)); $('body').scrollTop = Math.max(0, at * tall() - 80); open(i, true); }
      $('findings').scrollIntoView();
    };
    addEventListener('hashchange', follow);
    addEventListener('beforeprint', () => {
      const filters = KEYS.filter(key => state[key] && key !== 'id' && key !== 'sort').map(key => `${key} ${key === 'cause' ? causeName(D.causes[state.cause]) : state[key]}`);
      const left = view.length - PRINTED;
      $('printed').textContent = [filters.length ? `Only ${filters.join(', ')}.` : '', left > 0 ? `The first ${fmt(PRINTED)} rows are printed, and ${fmt(left)} are not: filter the page to print those, or use the CSV.` : ''].join(' ').trim();
      for (const unfold of whole) unfold();
      drawn = '';
      draw(true);
    });
    addEventListener('afterprint', () => { drawn = ''; draw(); });
    return follow;
  };

  overview(); once(); map(); filters(); table(); frameworks(); waivers(); coverage(); trend();
  const follow = frame();
  const linked = location.hash.includes('=');
  if (linked) follow(); else { apply(); }
  document.documentElement.dataset.ready = String(N);
})();
