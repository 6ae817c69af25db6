/**
 * What is told of one host at one tick. CPU and memory come from libvirt (virNodeGetCPUStats, virNodeGetMemoryStats); network and disks only
 * where the daemon runs on that host. Counters add up since the host was booted; null: not said.
 */
export interface HostReading {
  /** Wall clock. */
  atMs: number;
  /** Of all CPUs together, by mode. */
  kernelNanoseconds: number | null;
  userNanoseconds: number | null;
  interruptNanoseconds: number | null;
  idleNanoseconds: number | null;
  ioWaitNanoseconds: number | null;
  memoryTotalBytes: number | null;
  memoryFreeBytes: number | null;
  memoryBuffersBytes: number | null;
  memoryCachedBytes: number | null;
  /** All physical interfaces together. */
  receivedBytes: number | null;
  transmittedBytes: number | null;
  /** All disks together. */
  readBytes: number | null;
  writtenBytes: number | null;
  readRequests: number | null;
  writeRequests: number | null;
  readNanoseconds: number | null;
  writeNanoseconds: number | null;
  /** Of the fullest storage pool. */
  poolAllocatedBytes: number | null;
  poolCapacityBytes: number | null;
}
