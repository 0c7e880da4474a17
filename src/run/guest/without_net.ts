/**
 * A request of a model that may reach no host.
 *
 * @module
 */
import { headerHint } from "~/base/header_hint.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";

/** Says so, and how the host would be allowed; what is no address has none. */
export function withoutNet(
  { name, path }: Pick<Model, "name" | "path">,
  address: unknown,
): UserError {
  const host = URL.parse(String(address))?.host;
  const place = host || String(address).slice(0, 100);
  return new UserError(`Cannot reach "${place}": ${name} has no @allow_net`, {
    at: { path },
    hint: host
      ? headerHint("allow_net", [], host)
      : 'Write the whole address, as in "https://api.example.com/contacts", and its host into @allow_net.',
  });
}
