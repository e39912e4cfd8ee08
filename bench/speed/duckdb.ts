import { DuckDBInstance } from '@duckdb/node-api';

/*
 * DuckDB over the same files. `store`: lines normalised into a database file, one hash for each invoice, joined. `hash`:
 * the same without storing. `decimal`: exact DECIMAL(38,12) columns and a FULL JOIN of lines, as somebody would write it
 * who wants to see which lines differ. Each prints the damaged customers, one on a line.
 */

const [mode = '', dir = '', databaseFile = ''] = process.argv.slice(2);

/** Quantities and prices as decimals that still fit 64 bits: text will not do, DuckDB writes a small JSON number as 1.0e-05. */
const quantity = (text: string) => `cast(${text} as decimal(18, 6))`;
const price = (text: string) => `cast(${text} as decimal(18, 12))`;
const start = (text: string) => `case when length(${text}) = 10 then ${text} || 'T00:00:00Z' else ${text} end`;

const legacyDocuments = `read_json('${dir}/legacy.ndjson', format = 'newline_delimited', columns = {
  id: 'VARCHAR', customer: 'VARCHAR', currency: 'VARCHAR',
  lines: 'STRUCT(sku VARCHAR, "from" VARCHAR, "to" VARCHAR, qty VARCHAR, unit VARCHAR, amount VARCHAR, discount VARCHAR, tax VARCHAR)[]'})`;
const solvimonDocuments = `read_json('${dir}/solvimon.ndjson', format = 'newline_delimited', columns = {
  id: 'VARCHAR', customer_reference: 'VARCHAR', billing_currency: 'VARCHAR',
  periods: 'STRUCT(groups STRUCT(start_at VARCHAR, end_at VARCHAR, lines STRUCT("type" VARCHAR, product_items STRUCT(reference VARCHAR)[], meter_value STRUCT(number VARCHAR), amount_excluding_tax STRUCT(quantity VARCHAR), amount_including_tax STRUCT(quantity VARCHAR), details STRUCT(band STRUCT(amount STRUCT(quantity VARCHAR))))[])[])[]'})`;

const legacyLines = `
  select c.solvimon as customer, d.id, d.currency, p.solvimon as product, ${start('l."from"')} as period_start, ${start('l."to"')} as period_end,
    l.qty, l.unit, l.amount, coalesce(l.discount, '0') as discount, l.tax
  from (select id, customer, currency, unnest(lines) as l from ${legacyDocuments}) d
  join customer c on c.legacy = d.customer join product p on p.legacy = l.sku`;
const solvimonLines = `
  select customer, id, currency, l.product_items[1].reference as product, period_start, period_end, l."type" = 'DISCOUNT' as is_discount,
    l.meter_value.number as qty, l.details.band.amount.quantity as unit,
    l.amount_excluding_tax.quantity as net, l.amount_including_tax.quantity as gross
  from (
    select customer, id, currency, g.start_at as period_start, g.end_at as period_end, unnest(g.lines) as l from (
      select customer, id, currency, unnest(p.groups) as g from (
        select customer_reference as customer, id, billing_currency as currency, unnest(periods) as p from ${solvimonDocuments})))`;

/** Money has at most three digits here, so 18 digits hold it and stay fast. */
const money = (text: string) => `cast(${text} as decimal(18, 3))`;
const legacyForm = `
  select customer, id, currency, product, period_start, period_end, ${quantity('qty')} as qty, ${price('unit')} as unit,
    ${money('amount')} + ${money('discount')} as net, ${money('discount')} as discount, ${money('tax')} as tax from (${legacyLines})`;
const solvimonForm = `
  select customer, id, currency, product, period_start, period_end, max(${quantity('qty')}) as qty, max(${price('unit')}) as unit,
    sum(${money('net')}) as net, coalesce(sum(${money('net')}) filter (is_discount), 0) as discount, sum(${money('gross')}) - sum(${money('net')}) as tax, count(*) filter (not is_discount) as copies
  from (${solvimonLines}) group by all`;

const hashOf = (form: string) => `
  select customer, currency, count(*) as lines, sum(hash(product, period_start, period_end, qty, unit, cast(net as decimal(18, 3)), cast(discount as decimal(18, 3)), cast(tax as decimal(18, 3)))::hugeint) as digest
  from (${form}) group by customer, currency`;
const damagedBy = (legacy: string, solvimon: string) => `
  select distinct coalesce(l.customer, s.customer) as customer from (${hashOf(legacy)}) l
  full join (${hashOf(solvimon)}) s on l.customer = s.customer and l.currency = s.currency and l.lines = s.lines and l.digest = s.digest
  where l.customer is null or s.customer is null`;

const exact = (text: string) => `cast(${text} as decimal(38, 12))`;
const decimalJoin = `
  with l as (select customer, currency, product, period_start, period_end, ${exact('qty')} as qty, ${exact('unit')} as unit, ${exact('amount')} + ${exact('discount')} as net, ${exact('tax')} as tax from (${legacyLines})),
  s as (select customer, currency, product, period_start, period_end, max(${exact('qty')}) as qty, max(${exact('unit')}) as unit, sum(${exact('net')}) as net, sum(${exact('gross')}) - sum(${exact('net')}) as tax, count(*) filter (not is_discount) as copies from (${solvimonLines}) group by all)
  select distinct coalesce(l.customer, s.customer) as customer
  from l full join s using (customer, currency, product, period_start, period_end)
  where l.net is null or s.net is null or l.qty <> s.qty or l.unit <> s.unit or l.net <> s.net or l.tax <> s.tax`;

const instance = await DuckDBInstance.create(mode === 'store' ? databaseFile : ':memory:');
const connection = await instance.connect();
const run = async (text: string) => (await connection.runAndReadAll(text)).getRows();
for (const table of ['customer', 'product'])
  await run(
    `create table ${table} as select legacy, solvimon from read_csv('${dir}/${table}s.csv', header = true, all_varchar = true)`,
  );
let rows;
if (mode === 'store') {
  await run(`create table legacy_line as ${legacyForm}`);
  await run(`create table solvimon_line as ${solvimonForm}`);
  rows = await run(damagedBy('select * from legacy_line', 'select * from solvimon_line'));
} else rows = await run(mode === 'hash' ? damagedBy(legacyForm, solvimonForm) : decimalJoin);
process.stdout.write(rows.map((row) => `${String(row[0])}\n`).join(''));
