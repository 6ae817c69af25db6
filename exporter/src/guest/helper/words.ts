import type { TextRule } from './fields.ts';

/** A domain's UUID as libvirt writes it. */
export const UUID_RULE: TextRule = { most: 36, pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, allowed: 'a UUID in lower case' };
export const HEX_16_RULE: TextRule = { most: 32, pattern: /^[0-9a-f]{32}$/, allowed: '32 hexadecimal digits' };
export const HEX_32_RULE: TextRule = { most: 64, pattern: /^[0-9a-f]{64}$/, allowed: '64 hexadecimal digits' };
