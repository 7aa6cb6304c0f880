// What machines borrow from the box: never a credential.
import t from 'tap';
import { registryLines } from '../../src/machines/local/box-files.ts';

void t.test('an npmrc is lent without anything but the names of registries', (t) => {
  const npmrc = `fund=false
//registry.example.com/:_authToken=secret
registry = https://registry.example.com/
@team:registry=https://team.example.com/
registry=https://user:password@hidden.example.com/
`;
  t.equal(
    registryLines(npmrc),
    'registry = https://registry.example.com/\n@team:registry=https://team.example.com/\n',
  );
  t.end();
});
