/**
 * The services that Spoor is let into, and those that it is not.
 *
 * @module
 */
import { UserError } from "~/base/user_error.ts";
import { findProjectState } from "~/cli/open_project_state.ts";
import { renderThrown } from "~/cli/output/error_lines.ts";
import { renderLocalTime } from "~/cli/output/local_time.ts";
import type { Output } from "~/cli/output/output.ts";
import { renderTable } from "~/cli/output/table.ts";
import type { AuthProviders } from "~/project/settings/auth_providers.ts";
import { loadDotenv, variableLookup } from "~/project/settings/dotenv.ts";
import { openTokens } from "~/run/requests/stored_tokens.ts";
import { listSealedTokens } from "~/store/tokens.ts";

/** What is known of one service. */
interface Listed {
  name: string;
  isSet: boolean;
  /** Since when its tokens are there; ISO 8601, UTC. */
  since: string | undefined;
  /** When the service has refused to renew them; ISO 8601, UTC. */
  refusedAt: string | undefined;
  /** Why they are of no use here. */
  error: UserError | undefined;
}

/**
 * Lists those of `spoor.yaml`, and others that there are tokens of.
 *
 * @param option What commands that are shown need to be about this project.
 */
export async function listServices(
  root: string,
  providers: AuthProviders,
  option: string,
  json: boolean,
  output: Output,
): Promise<void> {
  const services = await servicesOf(root, providers, option);
  if (json) return services.forEach((service) => output.json("auth", toJson(service)));
  if (services.length === 0) {
    return output.line(`No service is set: "spoor auth --help" shows how spoor.yaml names one.`);
  }
  const titles = ["service", "authorised", "renewed", "token_url"];
  const rows = services.map((service) => rowOf(service, providers, option));
  for (const line of renderTable(titles.map((title) => ({ title })), rows, output.style)) {
    output.line(line);
  }
  const view = { style: output.errorStyle, verbose: false };
  // One key is behind all tokens, and may be what is wrong.
  const errors = new Map(services.flatMap(({ error }) => error ? [[error.message, error]] : []));
  for (const error of errors.values()) {
    renderThrown(error, view).forEach((line) => output.errorLine(line));
  }
}

async function servicesOf(
  root: string,
  providers: AuthProviders,
  option: string,
): Promise<Listed[]> {
  using db = findProjectState(root, false);
  const stored = new Map((db ? listSealedTokens(db) : []).map((each) => [each.name, each]));
  const readVariable = variableLookup(loadDotenv(root), (name) => Deno.env.get(name));
  const names = [...new Set([...Object.keys(providers), ...stored.keys()])].sort();
  return await Promise.all(names.map(async (name) => {
    const token = stored.get(name);
    const error = token && await openTokens({ root, readVariable }, name, token.sealed, option)
      .then(() => undefined, (error) => error);
    if (error && !(error instanceof UserError)) throw error;
    const isSet = Object.hasOwn(providers, name);
    return { name, isSet, since: token?.updatedAt, refusedAt: token?.refusedAt, error };
  }));
}

function toJson({ name, isSet, since, refusedAt, error }: Listed): Record<string, unknown> {
  return {
    service: name,
    authorised: since !== undefined && !error && refusedAt === undefined,
    configured: isSet,
    ...(since !== undefined && { updated_at: since }),
    ...(refusedAt !== undefined && { refused_at: refusedAt }),
    ...(error && { error: error.message }),
  };
}

function rowOf(service: Listed, providers: AuthProviders, option: string): string[] {
  const { name, isSet, since } = service;
  const unused = isSet
    ? ""
    : `not in spoor.yaml: "spoor auth ${name} --forget${option}" removes it`;
  return [
    name,
    stateOf(service, option),
    since === undefined ? "" : renderLocalTime(since),
    providers[name]?.tokenUrl ?? unused,
  ];
}

function stateOf(
  { name, isSet, since, refusedAt, error }: Listed,
  option: string,
): string {
  const again = isSet ? `run "spoor auth ${name}${option}"` : "";
  if (since === undefined) return isSet ? `no: ${again}` : "";
  if (error) return "no: its tokens cannot be read";
  if (refusedAt === undefined) return "yes";
  return `no: refused on ${renderLocalTime(refusedAt)}${again && `, ${again}`}`;
}
