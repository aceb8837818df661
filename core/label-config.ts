import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { DomainError } from './errors.ts';
import type { ModelTask } from './model-task.ts';

/** A control tag of a Label Studio labelling config, and the labels it offers. */
export interface LabelControl {
  /** Tag name: `Choices`, `RectangleLabels`, `PolygonLabels`, … */
  readonly type: string;
  readonly name: string;
  readonly toName: string;
  /** In the order of the config; an `alias` is what results hold, so it stands for its value. */
  readonly labels: readonly string[];
}

export interface LabelConfig {
  readonly controls: readonly LabelControl[];
  /** Image tags: `name`, and the key in a task's `data` that their `value` names (`$image` → `image`). */
  readonly images: readonly { readonly name: string; readonly dataKey: string }[];
}

type Node = Record<string, unknown>;
const attributesKey = ':@';

/**
 * The controls and images of a Label Studio labelling config.
 *
 * @param xml - The config as Label Studio takes it.
 * @throws {@link DomainError} with the place and reason when it is no XML. Never retried.
 */
export function parseLabelConfig(xml: string): LabelConfig {
  try {
    SyntaxValidator.validate(xml);
  } catch (error) {
    throw new DomainError(`review.labelConfig is no XML: ${(error as Error).message}`, { cause: error });
  }
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
  });
  const controls: LabelControl[] = [];
  const images: { name: string; dataKey: string }[] = [];
  walk(parser.parse(xml) as Node[], (tag, attributes, children) => {
    const { name, toName, value } = attributes;
    if (tag === 'Image' && name !== undefined)
      images.push({ name, dataKey: (value ?? '').replace(/^\$/, '') });
    if (name !== undefined && toName !== undefined)
      controls.push({ type: tag, name, toName, labels: labelsOf(children) });
  });
  return { controls, images };
}

/** A labelling config for choosing one class of an image; the classes stand above it, where a tall image cannot push them off the screen. */
export function classificationLabelConfig(classes: readonly string[]): string {
  const choices = classes.map((name) => `    <Choice value="${escapeAttribute(name)}"/>`).join('\n');
  return `<View>
  <Choices name="choice" toName="image" choice="single" showInLine="true">
${choices}
  </Choices>
  <Image name="image" value="$image" zoom="true"/>
</View>`;
}

/** A labelling config for drawing objects on an image. */
export function objectLabelConfig(
  tag: 'RectangleLabels' | 'PolygonLabels',
  classes: readonly string[],
): string {
  const labels = classes.map((name) => `    <Label value="${escapeAttribute(name)}"/>`).join('\n');
  return `<View>
  <${tag} name="label" toName="image">
${labels}
  </${tag}>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
</View>`;
}

/**
 * The control that asks for the classes, found by its tag and not by its name.
 *
 * @throws {@link DomainError} when there is none on an image whose `value` is `$image`, or it misses a class. Never retried.
 */
export function controlOf(
  labelConfig: string,
  { task, tag, classes }: { task: ModelTask; tag: ControlTag; classes: readonly string[] },
): LabelControl {
  const { controls, images } = parseLabelConfig(labelConfig);
  const onImage = new Set(images.filter(({ dataKey }) => dataKey === 'image').map(({ name }) => name));
  const control = controls.find(({ type, toName }) => type === tag && onImage.has(toName));
  if (!control)
    throw new DomainError(
      `review.labelConfig has no <${tag}> whose toName is an <Image value="$image">; ${task} needs one.`,
    );
  const missing = classes.filter((name) => !control.labels.includes(name));
  if (missing.length > 0)
    throw new DomainError(
      `review.labelConfig: <${tag} name="${control.name}"> misses ${missing.map((name) => `"${name}"`).join(', ')}; ` +
        `add a <${tag === 'Choices' ? 'Choice' : 'Label'}> for each class.`,
    );
  return control;
}

export type ControlTag = 'Choices' | 'RectangleLabels' | 'PolygonLabels';

function walk(
  nodes: readonly Node[],
  visit: (tag: string, attributes: Record<string, string>, children: readonly Node[]) => void,
): void {
  for (const node of nodes) {
    const attributes = (node[attributesKey] ?? {}) as Record<string, string>;
    for (const [tag, children] of Object.entries(node)) {
      if (tag === attributesKey || !Array.isArray(children)) continue;
      visit(tag, attributes, children as Node[]);
      walk(children as Node[], visit);
    }
  }
}

function labelsOf(children: readonly Node[]): string[] {
  const labels: string[] = [];
  walk(children, (tag, { value, alias }) => {
    const label = alias ?? value;
    if ((tag === 'Choice' || tag === 'Label') && label !== undefined) labels.push(label);
  });
  return labels;
}

function escapeAttribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
