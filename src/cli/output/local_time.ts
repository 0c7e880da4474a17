/**
 * Moments as people read them.
 *
 * @module
 */

/** An ISO 8601 text in UTC → `2026-01-31 14:05:09`, by this machine's clock. */
export function renderLocalTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The same with milliseconds, as logs of a far side have them: `2026-01-31 14:05:09.007`. */
export function renderLocalMoment(iso: string): string {
  const ms = new Date(iso).getMilliseconds();
  return Number.isNaN(ms) ? iso : `${renderLocalTime(iso)}.${String(ms).padStart(3, "0")}`;
}
