/**
 * Whether what a guest gives as a request is one: it may have been forged.
 *
 * @module
 */
import { assertGuest } from "~/run/guest/guest_error.ts";
import type { GuestRequest } from "~/sandbox/protocol.ts";

const METHODS = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]);

/** @throws {GuestError} It is none. */
export function checkRequest(request: GuestRequest): void {
  assertGuest(typeof request === "object" && request !== null, "a request that is none");
  assertGuest(METHODS.has(request.method), `the method ${String(request.method).slice(0, 20)}`);
  assertGuest(typeof request.url === "string", "a request without a URL");
  assertGuest(
    Array.isArray(request.headers) &&
      request.headers.every((header) =>
        Array.isArray(header) && header.length === 2 &&
        header.every((part) => typeof part === "string")
      ),
    "headers that are none",
  );
  assertGuest(
    request.body === null || typeof request.body === "string" || request.body instanceof Uint8Array,
    "a body that is none",
  );
  assertGuest(
    isCount(request.timeoutMs) && isCount(request.retries),
    "a bad number",
  );
  assertGuest(
    Array.isArray(request.groups) && request.groups.every(isCount) &&
      new Set(request.groups).size === request.groups.length,
    "groups that are none",
  );
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
