import { useState } from 'react';
import { ColumnHeads, Empty, Result, TableBox } from '../parts.js';
import type { Gate } from './cohort-types.js';
import { fieldWords, observedWords, requiredWords, ruleWords } from './gate-words.js';

const isBad = ({ result }: Gate) => result === 'fail' || result === 'triggered';

/** The evidence of a look: what was measured, what was asked, and whether it was met. Those in the way come first. */
export function GateTable({ gates }: { readonly gates: readonly Gate[] }) {
  const [isAll, setAll] = useState(false);
  const bad = gates.filter(isBad);
  if (gates.length === 0) return <Empty>No look yet.</Empty>;
  const rows = isAll || bad.length === 0 ? gates : bad;
  return (
    <>
      <label>
        <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.target.checked)} /> Also the checks
        that pass ({gates.length - bad.length})
      </label>
      <TableBox label="Gates">
        <table>
          <caption>
            {isAll || bad.length === 0 ? 'Every check of the newest look' : 'Checks that stand in the way'}
          </caption>
          <thead>
            <ColumnHeads names={['What is measured', 'Required', 'Observed', 'Result', 'What it says when it fails']} />
          </thead>
          <tbody>
            {rows.map((one) => {
              const isKnown = one.observed !== null && one.observed !== 'NaN';
              return (
                <tr key={`${one.id}${one.field}${one.required}`}>
                  <th scope="row">
                    {fieldWords(one.field)}
                    <span className="sub">{one.field}</span>
                  </th>
                  <td className="num">{requiredWords(one)}</td>
                  <td className="num">{isKnown ? observedWords(one) : 'not measured'}</td>
                  <td>
                    <Result result={one.result} isKnown={isKnown} />
                  </td>
                  <td>{ruleWords(one.id)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}
