import type { Call } from '../call.ts';
import type { XdrReader, XdrWriter } from '../xdr.ts';

const POOL_LIST_MAX = 16_384;
const POOL_LEAST_BYTES = 20;

export interface StoragePoolRef {
  name: string;
  uuid: string;
}

function readPool(reader: XdrReader): StoragePoolRef {
  return { name: reader.string(), uuid: reader.uuid() };
}

function writePool(writer: XdrWriter, args: { pool: StoragePoolRef }): void {
  writer.string(args.pool.name).uuid(args.pool.uuid);
}

/** `flags`: of `ListStoragePoolsFlag`; default all pools. */
export const listAllStoragePools: Call<{ flags?: number }, StoragePoolRef[]> = {
  name: 'connectListAllStoragePools',
  procedure: 281,
  encode: (writer, args) => writer.int(1).uint(args.flags ?? 0),
  decode(reader) {
    const pools = reader.array(POOL_LIST_MAX, POOL_LEAST_BYTES, readPool);
    reader.uint();
    return pools;
  },
};

/** `state` of `StoragePoolState`; sizes in bytes. */
export const getStoragePoolInfo: Call<
  { pool: StoragePoolRef },
  { state: number; capacityBytes: number; allocationBytes: number; availableBytes: number }
> = {
  name: 'storagePoolGetInfo',
  procedure: 87,
  encode: writePool,
  decode: (reader) => ({
    state: reader.uint(),
    capacityBytes: reader.uhyper(),
    allocationBytes: reader.uhyper(),
    availableBytes: reader.uhyper(),
  }),
};

export const isStoragePoolActive: Call<{ pool: StoragePoolRef }, boolean> = {
  name: 'storagePoolIsActive',
  procedure: 154,
  encode: writePool,
  decode: (reader) => reader.bool(),
};
