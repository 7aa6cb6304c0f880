// The files under templates/, rendered with Handlebars: strict (an unknown name is an error), nothing escaped for HTML.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import { DeisError } from '../model/errors.ts';
import type { Templates } from '../ports/templates.ts';

const handlebars = Handlebars.create();
const compiled = new Map<string, Handlebars.TemplateDelegate<object>>();

/** `{{systemd value}}`: one double-quoted word for a unit file that systemd reads back as exactly this text (systemd.syntax(7), systemd.service(5)). */
handlebars.registerHelper('systemd', (value: unknown) => quoteForSystemd(String(value)));

export function quoteForSystemd(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}

/** `{{systemdText value}}`: one line of free text, such as a Description, in which nothing is a specifier or a second line. */
handlebars.registerHelper('systemdText', (value: unknown) => textForSystemd(String(value)));

export function textForSystemd(text: string): string {
  const oneLine = text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll('%', '%%');
  return oneLine.endsWith('\\') ? `${oneLine} ` : oneLine;
}

/** Renders templates/<name>.hbs. Throws DeisError 'internal' when it does not exist or uses a name that `data` lacks. */
export function renderTemplate(name: string, data: object): string {
  try {
    return template(name)(data);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new DeisError('internal', `The template ${name} could not be rendered: ${text}`, '', {
      cause,
    });
  }
}

/** The port over the templates that came with this program. */
export const fileTemplates: Templates = { render: renderTemplate };

function template(name: string): Handlebars.TemplateDelegate<object> {
  const known = compiled.get(name);
  if (known) return known;
  const source = readFileSync(join(templatesFolder(), `${name}.hbs`), 'utf8');
  const made = handlebars.compile<object>(source, { strict: true, noEscape: true });
  compiled.set(name, made);
  return made;
}

/** The folder `templates` nearest above this file: the checkout's, or /opt/deis/templates beside the bundle. */
function templatesFolder(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'templates'))) {
    const above = dirname(at);
    if (above === at) throw new DeisError('internal', 'The folder with the templates is missing.');
    at = above;
  }
  return join(at, 'templates');
}
