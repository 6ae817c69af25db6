import { startByKeyboard } from '../keyboard-start.ts';
import { startByInjection } from '../start-process.ts';
import { openTools } from './lab-tools.ts';

/** A process of its own that acts in a guest of the lab, again and again until it is killed. Arguments: URI, domain, QEMU's pid, folder, way. */

const [uri = '', name = '', qemuPid = '', folder = '', way = ''] = process.argv.slice(2);
const { tools } = await openTools({ uri, name, qemuPid: Number(qemuPid), folder });
process.stdout.write('ready\n');
for (let run = 0; ; run++) {
  const command = ['/bin/touch', `/tmp/killed-${process.pid}-${run}`];
  if (way === 'keyboard') await startByKeyboard(tools, command);
  else await startByInjection(tools, folder, command);
}
