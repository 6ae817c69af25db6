/**
 * What libvirt tells of one domain at one tick, as it tells it: the raw material of an observation, and of recorded traces. Counters
 * add up since QEMU was started; null: libvirt did not say.
 */
export interface DomainReading {
  /** Wall clock. */
  atMs: number;
  running: boolean;
  vcpus: number | null;
  cpuNanoseconds: number | null;
  /** All virtual CPUs together: ready to run, and waiting for a CPU of the host (steal time). */
  vcpuDelayNanoseconds: number | null;
  /** Of the balloon: what the guest has, what it does not use at all, and what it could use without swapping. */
  memoryTotalBytes: number | null;
  memoryUnusedBytes: number | null;
  memoryUsableBytes: number | null;
  /** Of QEMU on the host. */
  memoryRssBytes: number | null;
  majorFaults: number | null;
  swapInBytes: number | null;
  swapOutBytes: number | null;
  /** All interfaces together. */
  receivedBytes: number | null;
  transmittedBytes: number | null;
  receivedPackets: number | null;
  transmittedPackets: number | null;
  /** All disks together. */
  readBytes: number | null;
  writtenBytes: number | null;
  readRequests: number | null;
  writeRequests: number | null;
  readNanoseconds: number | null;
  writeNanoseconds: number | null;
  /** Of the fullest disk image: allocated and full size. */
  diskAllocatedBytes: number | null;
  diskCapacityBytes: number | null;
}
