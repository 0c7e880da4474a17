/**
 * Refuses to send where the runtime would hand on what it sends.
 *
 * With OTEL_DENO=true Deno traces each request of `fetch` by itself, and its address goes to the collector as it
 * is: a secret in it is shown to whoever reads traces, and no mask of ours comes between.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";

/**
 * See the module's comment.
 *
 * @param models Those that may send.
 * @throws {UserError} One of them has secrets, and requests are traced.
 */
export function refuseTracing(
  models: Iterable<Model>,
  env: (name: string) => string | undefined,
): void {
  if (env("OTEL_DENO")?.toLowerCase() !== "true") return;
  for (const { name, directives: { allowNet, secrets = [] } } of models) {
    if (!allowNet || secrets.length === 0) continue;
    throw new UserError(
      `Cannot send for ${name}: OTEL_DENO is "true", which shows its secrets to a collector`,
      {
        hint: "Unset OTEL_DENO: the runtime sends the address of each request with what is in it.",
      },
    );
  }
}
