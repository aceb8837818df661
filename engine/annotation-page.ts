import type { LabelStudioProject } from './label-studio-projects.ts';

/** What stands on the page of a request for annotation. */
export interface AnnotationPage {
  readonly datasource: string;
  readonly datapoints: number;
  /** To copy labels from; null when the engine knows no Label Studio. */
  readonly projects: readonly LabelStudioProject[] | null;
  /** The name that was refused, and why. */
  readonly refused?: { readonly title: string; readonly message: string };
}

/**
 * What a person sees who follows `annotate()`'s link: how many images of which datasource wait, a field for the project's name, a choice of
 * a project whose labels are copied, and a button that makes the project in Label Studio and leads there. Without a Label Studio: how to
 * start the engine with one.
 */
export function annotationPage({ datasource, datapoints, projects, refused }: AnnotationPage): string {
  const images = `${datapoints} ${datapoints === 1 ? 'image' : 'images'} of ${datasource}`;
  const form = projects && projectForm(projects, refused?.title ?? '');
  const missing = `<p>This engine knows no Label Studio. Start it with <code>--label-studio URL</code>, then load this page again.</p>`;
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Annotate ${escapeHtml(images)}</title>
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:4em auto;padding:0 1em}
label{display:block;margin:1em 0}input,select{display:block;width:100%;font:inherit;padding:.3em;box-sizing:border-box}
button{font:inherit;padding:.4em 1em}.refused{color:#b00}</style></head>
<body><h1>Annotate</h1>
<p>${escapeHtml(images)} wait to be annotated.</p>
${refused ? `<p class="refused" role="alert">${escapeHtml(refused.message)}</p>` : ''}
${form ?? missing}
</body></html>
`;
}

function projectForm(projects: readonly LabelStudioProject[], title: string): string {
  const options = projects.map(
    (project) => `<option value="${project.id}">${escapeHtml(project.title)}</option>`,
  );
  return `<form method="post">
<label>Name of the Label Studio project
<input name="title" minlength="3" maxlength="50" required autofocus value="${escapeHtml(title)}"></label>
<label>Labels
<select name="labels_of"><option value="">I set them in the project</option>${options.join('')}</select></label>
<button>Create the project</button>
</form>`;
}

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
