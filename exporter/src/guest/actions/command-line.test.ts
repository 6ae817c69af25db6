import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ActionRefused } from './action-error.ts';
import { checkCommand, checkUnitName, encodeCommand } from './command-line.ts';

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return error instanceof ActionRefused ? error.reason : String(error);
  }
  return 'accepted';
}

/** The kernel's argv_split: runs of what isspace() says part the arguments. */
function kernelSplit(bytes: Buffer): string[] {
  return bytes.toString('latin1', 0, bytes.indexOf(0)).split(/[ \t\n\v\f\r\xa0]+/).filter((word) => word !== '');
}

describe('a command for poweroff_cmd', () => {
  test('is text of 256 bytes that the kernel splits into the same arguments', () => {
    const bytes = encodeCommand(['/usr/bin/systemctl', 'restart', 'nginx.service']);
    expect(bytes).toHaveLength(256);
    expect(kernelSplit(bytes)).toEqual(['/usr/bin/systemctl', 'restart', 'nginx.service']);
    expect(bytes.subarray('/usr/bin/systemctl restart nginx.service'.length).every((byte) => byte === 0)).toBe(true);
  });

  test('takes 255 characters and refuses 256', () => {
    expect(encodeCommand(['/bin/echo', 'a'.repeat(245)])[255]).toBe(0);
    expect(reasonOf(() => encodeCommand(['/bin/echo', 'a'.repeat(246)]))).toBe('command-too-long');
  });

  test.each([[['/bin/echo', 'two words']], [['/bin/echo', '']], [['/bin/echo', 'tab\there']], [['/bin/echo', 'ä']], [['/bin/echo', '\u00a0']]])(
    'refuses %j, which needs quotes',
    (command) => {
      expect(reasonOf(() => encodeCommand(command))).toBe('command-needs-quoting');
    },
  );

  test.each([[[]], [['echo', 'x']], [['']], [['/']], [['/bin/']], [['bin/echo']]])('refuses %j, which names no program', (command) => {
    expect(reasonOf(() => encodeCommand(command))).toBe('command-not-absolute');
  });

  test('refuses a NUL, too many arguments and too many bytes, however it is started', () => {
    expect(reasonOf(() => checkCommand(['/bin/echo', 'a\0b']))).toBe('command-malformed');
    expect(reasonOf(() => checkCommand(['/bin/echo', ...Array<string>(64).fill('x')]))).toBe('command-too-long');
    expect(reasonOf(() => checkCommand(['/bin/echo', 'x'.repeat(3000)]))).toBe('command-too-long');
    expect(reasonOf(() => checkCommand(['/bin/echo', 'with blanks', '']))).toBe('accepted');
  });

  test('whatever is accepted, the kernel splits into exactly what was asked', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }), (words) => {
        const command = ['/bin/x', ...words];
        let bytes: Buffer;
        try {
          bytes = encodeCommand(command);
        } catch (error) {
          expect(error).toBeInstanceOf(ActionRefused);
          return;
        }
        expect(kernelSplit(bytes)).toEqual(command);
      }),
    );
  });
});

describe('a unit name', () => {
  test.each(['nginx.service', 'getty@tty1.service', 'system-serial\\x2dgetty.service', 'a:b_c.d-e.socket'])('may be %s', (unit) => {
    expect(checkUnitName(unit)).toBe(unit);
  });

  test.each(['nginx', '-H.service', '', '../x.service', 'a b.service', 'a;b.service', '$(x).service', 'x.service\n', `${'a'.repeat(260)}.service`])(
    'may not be %j',
    (unit) => {
      expect(reasonOf(() => checkUnitName(unit))).toBe('unit-name-invalid');
    },
  );
});
