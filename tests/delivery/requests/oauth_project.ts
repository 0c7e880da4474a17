/**
 * A project whose models ask a service for tokens.
 *
 * @module
 */
import { type TempProject, tempProject } from "../../support/temp_project.ts";
import { CLIENT_SECRET, type OAuthProvider } from "./oauth_provider.ts";

/** `.env`: the secrets of the service and of a client of its own. */
export const ENV = `CRM_SECRET=${CLIENT_SECRET}\nCLIENT_SECRET=${CLIENT_SECRET}\n`;
/** Options of a test about the modes of files. */
export const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

/** A project with one model that makes requests. */
export async function projectOf(
  provider: OAuthProvider,
  code: string,
  name = "raw/pages",
  directives: readonly string[] = [],
): Promise<TempProject> {
  const project = await tempProject({ ".env": ENV, "spoor.yaml": provider.settings });
  await addModel(project, provider, code, name, directives);
  return project;
}

/** Adds a model. */
export async function addModel(
  project: TempProject,
  { api }: OAuthProvider,
  code: string,
  name: string,
  directives: readonly string[] = [],
): Promise<void> {
  await project.write(
    `models/${name}.ts`,
    [
      ...[`allow_net: ${api.host}`, ...directives].map((line) => `// @${line}`),
      `import { http, log, query, save, secret } from "spoor";`,
      `const ORIGIN = "${api.origin}";`,
      code,
    ].join("\n"),
  );
}

/** A model that asks the service who it is. */
export const CALL_AS_CRM = `
  const Authorization = "Bearer " + http.oauth("crm");
  const { json } = await http.get(ORIGIN + "/me", { headers: { Authorization } });
  await save.row({ seen: json.seen, b64: json.b64 });
`;
