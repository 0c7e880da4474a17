/** An empty field is no number. */
export function toNumber(text: unknown): number | null {
  return text === "" || text === null || text === undefined ? null : Number(text);
}
