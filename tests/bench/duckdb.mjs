// duckdb.mjs <folder> <statement>: see duckdb.sh.
import { existsSync, readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [folder, statement] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
for (const table of readFileSync(`${folder}/tables.sql`, 'utf8').trim().split('\n')) {
  await connection.run(table);
  const name = table.split(' ')[2];
  if (existsSync(`${folder}/${name}.csv`)) {
    await connection.run(`COPY ${name} FROM '${folder}/${name}.csv' (HEADER false)`);
  }
}
const seconds = [];
for (let round = 0; round < 3; ++round) {
  await connection.run('DELETE FROM result');
  const begun = process.hrtime.bigint();
  await connection.run(statement);
  seconds.push(Number(process.hrtime.bigint() - begun) / 1e9);
}
seconds.sort((a, b) => a - b);
console.log(seconds[1]);
