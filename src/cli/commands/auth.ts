/**
 * `spoor auth`: lets Spoor into a service by OAuth 2.0, and shows where it is let in.
 *
 * @module
 */
import { closestWord } from "~/base/text/closest_word.ts";
import { renderDuration } from "~/base/time/duration.ts";
import { UserError, UserErrors } from "~/base/user_error.ts";
import type { AskedService } from "~/cli/auth/authorization_request.ts";
import { type Authorised, authorize } from "~/cli/auth/authorize.ts";
import { listServices } from "~/cli/auth/list_services.ts";
import { defineCommand, ExitCode } from "~/cli/command.ts";
import { namedProjectOf, projectOf } from "~/cli/find_project.ts";
import { hasState } from "~/cli/open_project_state.ts";
import { tellMigration } from "~/cli/output/migration_text.ts";
import type { Output } from "~/cli/output/output.ts";
import type { AuthProviders } from "~/project/settings/auth_providers.ts";
import { loadSettings } from "~/project/settings/settings.ts";
import { makeKeyText } from "~/project/settings/token_key.ts";
import { stateOption } from "~/run/command_text.ts";
import { openState, stateFilePath } from "~/store/file/open_state.ts";
import { removeSealedToken } from "~/store/tokens.ts";

/** Authorises, forgets, or lists. */
export const authCommand = defineCommand({
  name: "auth",
  summary: "Authorise a service by OAuth, or list those that are",
  details: [
    "A service is set in spoor.yaml; client_secret names a variable of .env, and a service that",
    "knows no secret leaves it out:",
    "",
    "  auth:",
    "    crm:",
    "      authorize_url: https://login.example.com/oauth/authorize",
    "      token_url: https://login.example.com/oauth/token",
    "      client_id: spoor",
    "      client_secret: CRM_CLIENT_SECRET",
    "      scope: contacts.write",
    "      # redirect_uri: http://localhost:8976/callback   where the service wants a fixed one",
    "      # client_auth: body                              where it wants no Basic header",
    "",
    'A model then has the token by http.oauth("crm"), and token_url\'s host in its @allow_net.',
    "",
    "Tokens are kept encrypted in .spoor/spoor.db. The key is SPOOR_KEY, or where that is not set",
    "the file .spoor/key, which only its owner may read; it is made when it is first needed.",
    "",
    "The browser must be on this machine; from another one forward the port that the address",
    "shows (redirect_uri): ssh -L PORT:127.0.0.1:PORT server.",
  ].join("\n"),
  positionals: [{ name: "service", help: "Its name under auth: in spoor.yaml" }],
  options: {
    forget: { type: "boolean", help: "Remove the service's tokens from this machine" },
    "new-key": { type: "boolean", help: "Print a new key for SPOOR_KEY" },
  },
  examples: [
    ["spoor auth", "The services, and which are authorised"],
    ["spoor auth crm", "Prints an address to open, and waits for the consent"],
    ["spoor auth crm --forget", "Remove its tokens"],
    ["spoor auth --new-key", "A key for SPOOR_KEY, to keep with the other secrets"],
  ],
  async run({ options, positionals: [name], output }) {
    if (options["new-key"]) {
      if (name !== undefined || options.forget) throw isForAll();
      if (options.json) output.json("key", { key: makeKeyText() });
      else output.line(makeKeyText());
      return ExitCode.Ok;
    }
    const root = projectOf(options);
    const option = stateOption(false, namedProjectOf(options));
    if (options.forget) {
      if (name === undefined) throw needsName(option);
      await forget(root, name, options.json, output);
      return ExitCode.Ok;
    }
    const { settings, errors } = await loadSettings(root);
    if (errors.length > 0) throw new UserErrors(errors);
    const providers = settings.auth ?? {};
    if (name === undefined) await listServices(root, providers, option, options.json, output);
    else await authorizeOne(root, { name, option }, providers, options.json, output);
    return ExitCode.Ok;
  },
});

async function authorizeOne(
  root: string,
  { name, option }: Pick<AskedService, "name" | "option">,
  providers: AuthProviders,
  json: boolean,
  output: Output,
): Promise<void> {
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (!provider) throw unknownService(name, Object.keys(providers));
  const show = (url: string) => {
    if (json) return output.json("auth_url", { service: name, url });
    output.line(`Open this address in a browser, and let Spoor in:`);
    output.line();
    output.line(`  ${url}`);
    output.line();
  };
  const service = { name, provider, option };
  const authorised = await authorize(root, service, show, tellMigration(output));
  if (json) {
    const { hasRefreshToken, expiresInS } = authorised;
    return output.json("auth", {
      service: name,
      authorised: true,
      renewable: hasRefreshToken,
      ...(expiresInS !== undefined && { expires_in_s: expiresInS }),
    });
  }
  output.lines(outcomeLines(name, authorised));
}

function outcomeLines(name: string, { hasRefreshToken, expiresInS }: Authorised): string[] {
  const lines = [`${name} is authorised: models have its token by http.oauth("${name}").`];
  if (hasRefreshToken || expiresInS === undefined) return lines;
  return [
    ...lines,
    `The service gave no refresh token: this ends in ${renderDuration(expiresInS * 1_000)}. ` +
    "Some give one only for a scope such as offline_access, or for ?access_type=offline in authorize_url.",
  ];
}

async function forget(root: string, name: string, json: boolean, output: Output): Promise<void> {
  // Nothing is made where nothing is.
  const removed = hasState(root, false) && removeFromState(root, name, output);
  if (!removed) await expectService(root, name);
  if (json) return output.json("auth", { service: name, authorised: false, removed });
  output.line(
    removed
      ? `The tokens of ${name} are gone from here. To take them back for good, do so at the service.`
      : `There were no tokens of "${name}".`,
  );
}

/** A settings file with a mistake in it does not keep tokens from being removed. */
async function expectService(root: string, name: string): Promise<void> {
  const { settings, errors } = await loadSettings(root);
  const known = Object.keys(settings.auth ?? {});
  if (errors.length === 0 && !known.includes(name)) {
    throw unknownService(name, known, `forget the tokens of "${name}"`);
  }
}

function removeFromState(root: string, name: string, output: Output): boolean {
  using db = openState(stateFilePath(root, false), undefined, tellMigration(output));
  return removeSealedToken(db, name);
}

function unknownService(
  name: string,
  known: readonly string[],
  purpose = `authorise "${name}"`,
): UserError {
  const meant = closestWord(name, known);
  return new UserError(`Cannot ${purpose}: spoor.yaml has no such service`, {
    hint: meant
      ? `Did you mean "${meant}"?`
      : `Add it under "auth:" in spoor.yaml: "spoor auth --help" shows how`,
    exitCode: 2,
  });
}

function needsName(option: string): UserError {
  return new UserError("Cannot forget tokens: no service is named", {
    hint: `Run "spoor auth NAME --forget${option}"; "spoor auth${option}" lists the names`,
    exitCode: 2,
  });
}

function isForAll(): UserError {
  return new UserError('Cannot run "spoor auth": --new-key prints a key for all services', {
    hint: `Write "spoor auth --new-key" alone`,
    exitCode: 2,
  });
}
