'use strict';
(() => {
  // A table is readable without this; with it, a click on a column's title sorts.
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return '';
    return cell.dataset.sort !== undefined ? cell.dataset.sort : cell.textContent.trim();
  };
  const isNumber = (text) => text !== '' && !Number.isNaN(Number(text));
  const compare = (a, b) => {
    if (isNumber(a) && isNumber(b)) return Number(a) - Number(b);
    return a.localeCompare(b, 'en', {numeric: true});
  };
  const sort = (table, column, ascending) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const keys = new Map(rows.map((row) => [row, valueOf(row, column)]));
    rows.sort((a, b) => (ascending ? 1 : -1) * compare(keys.get(a), keys.get(b)));
    body.append(...rows);
  };
  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const before = head.getAttribute('aria-sort');
        // Of numbers the largest are asked for first.
        const first = head.classList.contains('number') ? 'descending' : 'ascending';
        const other = first === 'ascending' ? 'descending' : 'ascending';
        const order = before === first ? other : first;
        heads.forEach((each) => each.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', order);
        sort(table, column, order === 'ascending');
      });
    });
    const rows = Array.from(table.tBodies[0].rows);
    if (rows.length < 20) continue;
    const input = document.createElement('input');
    input.type = 'search';
    input.placeholder = `Filter ${rows.length} rows`;
    input.setAttribute('aria-label', input.placeholder);
    input.addEventListener('input', () => {
      const wanted = input.value.toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    table.parentElement.before(input);
  }

  // A link to something folded away opens it.
  const reveal = () => {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;
    }
    if (!target) return;
    for (let at = target; at; at = at.parentElement) {
      if (at.tagName === 'DETAILS') at.open = true;
    }
    target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  if (location.hash) reveal();

  const findings = Array.from(document.querySelectorAll('details.finding'));
  const slot = document.querySelector('.fold-all');
  if (slot && findings.length > 1) {
    const button = document.createElement('button');
    button.type = 'button';
    const label = () => {
      button.textContent = findings.every((each) => each.open) ? 'Close all' : 'Open all';
    };
    button.addEventListener('click', () => {
      const open = !findings.every((each) => each.open);
      findings.forEach((each) => { each.open = open; });
      label();
    });
    findings.forEach((each) => each.addEventListener('toggle', label));
    label();
    slot.append(button);
  }
})();
