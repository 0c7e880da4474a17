/**
 * `auth:` in `spoor.yaml`: the OAuth services that `spoor auth` authorises.
 *
 * @module
 */
import type { ClientAuth } from "~/base/http/oauth.ts";
import { closestWord } from "~/base/text/closest_word.ts";
import { type SourceLocation, UserError } from "~/base/user_error.ts";
import type { ValueProblem } from "~/model/directive_value.ts";
import type { YamlPair } from "~/model/yaml_mapping.ts";
import { SETTINGS_FILE } from "~/project/find_root.ts";

/** One service, under its name. */
export interface AuthProvider {
  authorizeUrl: string;
  tokenUrl: string;
  clientId: string;
  /** The variable that holds the client's secret; empty: a public client, which has none. */
  clientSecret: string;
  clientAuth: ClientAuth;
  /** With spaces; may be empty. */
  scope: string;
  /** Where the service sends the browser back to; empty: this machine, at any free port. */
  redirectUri: string;
}

/** Services by their names. */
export type AuthProviders = Readonly<Record<string, AuthProvider>>;

interface Field {
  name: keyof AuthProvider;
  required?: true;
  /** What is wrong with a value, if anything is. */
  check?: (text: string) => ValueProblem | undefined;
}

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ["authorize_url", { name: "authorizeUrl", required: true, check: checkUrl }],
  ["token_url", { name: "tokenUrl", required: true, check: checkUrl }],
  ["client_id", { name: "clientId", required: true }],
  ["client_secret", { name: "clientSecret", check: checkVariable }],
  ["client_auth", { name: "clientAuth", check: checkClientAuth }],
  ["scope", { name: "scope" }],
  ["redirect_uri", { name: "redirectUri", check: checkRedirect }],
]);

/** Reads the value of `auth:`; mistakes go to `errors`, and what they are about is left out. */
export function readAuthProviders(
  { value }: YamlPair,
  at: SourceLocation,
  errors: UserError[],
  warnings: UserError[],
): AuthProviders {
  if (value.type === "scalar" && value.text === "") return {};
  if (value.type !== "mapping") {
    errors.push(
      new UserError(`Cannot read "auth": it is not a list of services`, {
        at,
        hint: `Write a name below it, and below that "authorize_url: …", "token_url: …".`,
      }),
    );
    return {};
  }
  const providers: Record<string, AuthProvider> = Object.create(null);
  for (const pair of value.pairs) {
    const provider = readProvider(pair, Object.hasOwn(providers, pair.key), errors, warnings);
    if (provider) providers[pair.key] = provider;
  }
  return { ...providers };
}

/** The service that a model names is not one of `spoor.yaml`. */
export function unknownService(
  name: string,
  known: readonly string[],
  at?: SourceLocation,
): UserError {
  return new UserError(`Cannot use http.oauth("${name}"): spoor.yaml has no such service`, {
    at,
    hint: known.length > 0
      ? `Use one of ${known.join(", ")}, or add it under "auth:"`
      : `Add it under "auth:" in spoor.yaml: see "spoor auth --help"`,
  });
}

function readProvider(
  { key, value, line, column }: YamlPair,
  isSecond: boolean,
  errors: UserError[],
  warnings: UserError[],
): AuthProvider | undefined {
  const at = { path: SETTINGS_FILE, line, column };
  const refuse = (state: string, hint: string, place: SourceLocation = at) => {
    errors.push(new UserError(`Cannot read the service "${key}": ${state}`, { at: place, hint }));
    return undefined;
  };
  if (isSecond) return refuse("it is given twice", "Keep one of the two.");
  if (!/^[A-Za-z][\w-]*$/.test(key)) {
    return refuse("its name has other characters", `Use letters, digits, "_" and "-".`);
  }
  if (value.type !== "mapping") {
    return refuse("it has no settings", `Write "authorize_url: …" below it, indented.`);
  }
  const provider: Record<string, string> = {
    clientSecret: "",
    clientAuth: "basic",
    scope: "",
    redirectUri: "",
  };
  let isWhole = true;
  for (const pair of value.pairs) {
    const place = { path: SETTINGS_FILE, line: pair.line, column: pair.column };
    const field = FIELDS.get(pair.key);
    const text = scalarOf(pair);
    const problem = field === undefined
      ? unknownField(pair.key)
      : text === undefined
      ? { state: `"${pair.key}" is not a single value`, hint: `Write "${pair.key}: value".` }
      : field.check?.(text);
    if (problem) {
      refuse(problem.state, problem.hint, place);
      isWhole = false;
    } else if (field && text !== undefined) {
      provider[field.name] = text;
      if (field.check === checkUrl && isReadOnTheWay(text)) {
        warnings.push(notEncrypted(key, pair.key, text, place));
      }
    }
  }
  for (const [name, field] of FIELDS) {
    if (!isWhole || !field.required || provider[field.name]) continue;
    return refuse(`it has no "${name}"`, `Write "${name}: …" below it.`);
  }
  // Every field was read by its own row of the table above.
  return isWhole ? provider as unknown as AuthProvider : undefined;
}

/** A scope may be a list. */
function scalarOf({ key, value }: YamlPair): string | undefined {
  if (key === "scope" && value.type === "list") return value.items.join(" ");
  return value.type === "scalar" ? value.text.trim() : undefined;
}

function unknownField(key: string): ValueProblem {
  const names = [...FIELDS.keys()];
  const meant = closestWord(key, names);
  return {
    state: `"${key}" is not a setting of a service`,
    hint: meant ? `Did you mean "${meant}"?` : `Use one of ${names.join(", ")}.`,
  };
}

function checkUrl(text: string): ValueProblem | undefined {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "") return;
  return {
    state: `"${text}" is not an address`,
    hint: `Write the whole of it, as in "https://login.example.com/oauth".`,
  };
}

/** Plain HTTP to another machine; a service on this one needs no more. */
function isReadOnTheWay(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return protocol === "http:" && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** RFC 6749, sections 3.1 and 3.2, wants TLS at both; inside a company's network there may be none. */
function notEncrypted(key: string, setting: string, url: string, at: SourceLocation): UserError {
  return new UserError(`"${setting}" of the service "${key}" is not encrypted: ${url}`, {
    at,
    hint: "Use https://, so that nobody on the way reads the secret and the tokens.",
  });
}

function checkVariable(text: string): ValueProblem | undefined {
  if (text === "" || /^[A-Za-z_]\w*$/.test(text)) return;
  return {
    // Not shown: it looks like the secret itself.
    state: `"client_secret" is not the name of a variable`,
    hint: `Put the secret into .env, "CLIENT_SECRET=…", and its name here.`,
  };
}

function checkClientAuth(text: string): ValueProblem | undefined {
  if (text === "basic" || text === "body") return;
  return { state: `"${text}" is no client_auth`, hint: `Write "basic" or "body".` };
}

/** RFC 8252, section 7.3: the code comes to this machine and nowhere else. */
function checkRedirect(text: string): ValueProblem | undefined {
  const url = URL.parse(text);
  const isLocal = url?.protocol === "http:" && ["127.0.0.1", "localhost"].includes(url.hostname);
  if (isLocal && url.search === "" && url.hash === "") return;
  return {
    state: `"${text}" does not lead to this machine`,
    hint: `Write "http://127.0.0.1:8976/callback", or leave it out for any free port.`,
  };
}
