/** The report's style sheet, made for paper: heads repeat, rows stay whole, every page says which run it is of. */
export function printStyle(foot: { readonly left: string; readonly right: string }): string {
  return `
:root { color-scheme: light; font: 10.5pt/1.4 system-ui, sans-serif; color: #1a1a1a; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 1.6rem; break-after: avoid; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .2rem .5rem; border-bottom: 1px solid #c8c8c8; }
thead th { border-bottom: 2px solid #444; } tbody th { font-weight: 400; }
.n { text-align: right; white-space: nowrap; } .sum th, .sum td { border-top: 2px solid #444; font-weight: 600; }
.small { font-size: 8.5pt; } .definition { color: #444; } .warning { border-left: 4px solid #444; padding-left: .6rem; font-weight: 600; }
@page { size: A4 landscape; margin: 14mm 12mm 18mm;
  @bottom-left { content: ${cssText(foot.left)}; font: 7.5pt system-ui, sans-serif; color: #444; }
  @bottom-center { content: ${cssText(foot.right)}; font: 7.5pt system-ui, sans-serif; color: #444; }
  @bottom-right { content: "page " counter(page) " of " counter(pages); font: 7.5pt system-ui, sans-serif; color: #444; } }
@media print { body { margin: 0; max-width: none; padding: 0; } thead { display: table-header-group; } tr { break-inside: avoid; } }
`;
}

/** A CSS string that holds nothing but plain characters. */
function cssText(text: string): string {
  return `"${text.replaceAll(/[^\w .:·-]/g, ' ')}"`;
}
