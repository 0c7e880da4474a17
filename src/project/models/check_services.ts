/**
 * What must hold between the services of `spoor.yaml` and the models that name one.
 *
 * @module
 */
import { headerHint } from "~/base/header_hint.ts";
import { entryFor, hasHost } from "~/base/http/host_list.ts";
import { UserError } from "~/base/user_error.ts";
import type { Model } from "~/model/model.ts";
import { type AuthProviders, unknownService } from "~/project/settings/auth_providers.ts";

/** Checks every `http.oauth("name")` of a model and of what it imports. */
export function checkServices(model: Model, providers: AuthProviders): UserError[] {
  return (model.services ?? []).flatMap(({ name, at }) => {
    const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
    if (!provider) return [unknownService(name, Object.keys(providers), at)];
    // An import may have it for other models.
    if (at.path !== model.path) return [];
    const url = new URL(provider.tokenUrl);
    const hosts = model.directives.allowNet ?? [];
    return hasHost(hosts, url) ? [] : [
      new UserError(`Cannot use http.oauth("${name}"): its token_url is not in @allow_net`, {
        at,
        hint: headerHint("allow_net", hosts, entryFor(hosts, url)),
      }),
    ];
  });
}
