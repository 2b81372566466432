// duckdb.mjs <folder> <statement>: see duckdb.sh.
import { DuckDBInstance } from '@duckdb/node-api';

const [folder, statement] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
const tables = {
  pupil: 'shard VARCHAR, person VARCHAR, household VARCHAR, area VARCHAR',
  household: 'shard VARCHAR, id VARCHAR, kind VARCHAR',
  granted: 'shard VARCHAR, person VARCHAR, family BIGINT, fen BIGINT',
  aid: 'shard VARCHAR, person VARCHAR, family BIGINT, fen BIGINT',
};
for (const [name, columns] of Object.entries(tables)) {
  await connection.run(`CREATE TABLE ${name} (${columns})`);
  await connection.run(`COPY ${name} FROM '${folder}/${name}.csv' (HEADER false)`);
}
const seconds = [];
for (let round = 0; round < 3; ++round) {
  await connection.run('DROP TABLE IF EXISTS result');
  await connection.run(
    'CREATE TABLE result (shard VARCHAR, person VARCHAR, family BIGINT, list BIGINT, reason BIGINT, ' +
      'entitled BIGINT, aided BIGINT, in_source BIGINT, area VARCHAR)');
  const begun = process.hrtime.bigint();
  await connection.run(statement);
  seconds.push(Number(process.hrtime.bigint() - begun) / 1e9);
}
seconds.sort((a, b) => a - b);
console.log(seconds[1]);
