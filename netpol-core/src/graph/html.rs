//! The graph as a page: the SVG, and every connection in a table. It asks nothing of any network.

use super::GraphAnswer;
use super::labels::xml;
use super::svg::{Drawing, summary};
use crate::lang::{Lang, Phrase};
use crate::query::QueryError;
use std::fmt::Write;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;margin:24px;color:#1f2328;background:#fff}
.np-scroll{overflow:auto;border:1px solid #d1d9e0;border-radius:8px}svg.np{display:block}
table{border-collapse:collapse;margin-top:24px}caption{text-align:left;font-weight:600;padding-bottom:6px}
th,td{text-align:left;padding:4px 14px 4px 6px;border-bottom:1px solid #d1d9e0;vertical-align:top}
td{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.np-node{cursor:pointer}.np-node:focus{outline:none}.np-node:focus .np-card,.np-node:hover .np-card{stroke-width:2.5}
.np-chosen .np-edge:not(.np-on){opacity:.08}.np-chosen .np-node:not(.np-on){opacity:.35}.np-edge.np-on{stroke-width:2.2;stroke-opacity:1}
tr.np-off{opacity:.35}.np-named:not(.np-on){display:none}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.np-scroll,th,td{border-color:#3d444d}}
";

/// Highlights what has to do with the card that is pointed at, has the focus, or was chosen.
const SCRIPT: &str = "\
(() => {
  const svg = document.querySelector('svg.np');
  const nodes = [...svg.querySelectorAll('.np-node')];
  const edges = [...svg.querySelectorAll('.np-edge')];
  const rows = [...document.querySelectorAll('tbody tr')];
  const list = (e, name) => e.dataset[name].split(' ');
  let fixed = null;
  const show = card => {
    const near = new Set([card]);
    for (const e of edges) {
      const from = list(e, 'from'), to = list(e, 'to');
      const on = from.includes(card) || to.includes(card);
      e.classList.toggle('np-on', on);
      if (on) (from.includes(card) ? to : from).forEach(c => near.add(c));
    }
    for (const { dataset } of rows) {
      // Some connections are said by labels, and have no arrow.
      if (dataset.from === card) near.add(dataset.to);
      if (dataset.to === card) near.add(dataset.from);
    }
    for (const n of nodes) {
      n.classList.toggle('np-on', near.has(n.dataset.card));
      n.setAttribute('aria-pressed', n.dataset.card === card && fixed === card);
    }
    for (const r of rows) r.classList.toggle('np-off', card !== null && r.dataset.from !== card && r.dataset.to !== card);
    svg.classList.toggle('np-chosen', card !== null);
  };
  const choose = card => { fixed = fixed === card ? null : card; show(fixed); };
  for (const n of nodes) {
    const card = n.dataset.card;
    n.setAttribute('tabindex', '0');
    n.setAttribute('role', 'button');
    n.setAttribute('aria-label', n.querySelector('title').textContent);
    n.addEventListener('mouseenter', () => fixed === null && show(card));
    n.addEventListener('mouseleave', () => fixed === null && show(null));
    n.addEventListener('focus', () => fixed === null && show(card));
    n.addEventListener('blur', () => fixed === null && show(null));
    n.addEventListener('click', () => choose(card));
    n.addEventListener('keydown', e => {
      if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); choose(card); }
      if (e.key === 'Escape') { fixed = null; show(null); }
    });
  }
})();
";

/// Draws a graph as one HTML page that needs nothing else: the picture, in which the workload that
/// is pointed at shows its connections, and a table of them.
///
/// # Errors
/// As for [`svg`](super::svg).
pub fn html(graph: &GraphAnswer, lang: Lang) -> Result<String, QueryError> {
    let drawing = Drawing::new(graph, lang)?;
    let title = xml(lang.phrase(Phrase::GraphTitle));
    let code = match lang {
        Lang::En => "en",
        Lang::Zh => "zh-Hans",
    };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p>{}</p>\n<p>{}</p>\n<div class=\"np-scroll\">\n",
        xml(&summary(graph, lang)),
        xml(lang.phrase(Phrase::GraphHint)),
    );
    out.push_str(&drawing.draw("graphics-document", true));
    // Writing to a string does not fail.
    let _ = write!(out, "</div>\n<table>\n<caption>{}</caption>\n<thead><tr>", xml(lang.phrase(Phrase::Connections)));
    for column in [Phrase::From, Phrase::To, Phrase::Allowed, Phrase::Undefined] {
        let _ = write!(out, "<th scope=\"col\">{}</th>", xml(&lang.phrase(column).to_lowercase()));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (edge, row) in graph.edges.iter().zip(drawing.rows()) {
        let (from, to) = (drawing.card_of(edge.source), drawing.card_of(edge.target));
        let _ = write!(out, "<tr data-from=\"{from}\" data-to=\"{to}\">");
        for cell in &row {
            let _ = write!(out, "<td>{}</td>", xml(cell));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    for assumption in &graph.basis.assumptions {
        let sentence = lang.code(assumption.code, &assumption.params);
        let _ = writeln!(out, "<p>{}: {}</p>", xml(lang.phrase(Phrase::Assumed)), xml(&sentence));
    }
    if !graph.basis.left_out.is_empty() {
        let list = graph.basis.left_out.join(", ");
        let _ = writeln!(out, "<p>{}: {}</p>", xml(lang.phrase(Phrase::LeftOut)), xml(&list));
    }
    let _ = write!(out, "<script>\n{SCRIPT}</script>\n</body>\n</html>\n");
    Ok(out)
}
