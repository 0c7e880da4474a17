/**
 * What floors send.
 *
 * @module
 */

/** As large as a row of the benchmark's accounts. */
export function account(id: number): Record<string, unknown> {
  return {
    account_id: id,
    email: `user${id}@example.com`,
    name: `Account ${id % 9973}`,
    plan: "business",
    country: "DE",
    seats: 1 + id % 250,
    balance: id / 100,
    updated_at: "2026-10-01T08:30:00Z",
  };
}
