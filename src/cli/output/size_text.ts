/**
 * Sizes of files as people read them.
 *
 * @module
 */

/** `12 kB`, `3.4 MB`, `1.2 GB` */
export function renderSize(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000
    ? `${(bytes / 1_000_000).toFixed(1)} MB`
    : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
