import { XMLParser } from 'fast-xml-parser';
import { SyntaxValidator } from 'fast-xml-validator';
import { DomainError } from './errors.ts';
import type { ModelTask } from './model-task.ts';
import { listed } from './results.ts';

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

/** What a loop asks people. */
interface Asked {
  readonly task: ModelTask;
  readonly classes: readonly string[];
}

type Node = Record<string, unknown>;
const attributesKey = ':@';

/** The tag that asks for the classes of each task. */
const controlTags = {
  classification: 'Choices',
  detection: 'RectangleLabels',
  segmentation: 'PolygonLabels',
} as const satisfies Record<ModelTask, string>;

/** Where a loop's own config stands, for messages. */
const ownPlace = 'review.labelConfig';

/**
 * The controls and images of a Label Studio labelling config.
 *
 * @param xml - The config as Label Studio takes it.
 * @param place - Names the config in messages.
 * @throws {@link DomainError} with the place and reason when it is no XML. Never retried.
 */
export function parseLabelConfig(xml: string, place = ownPlace): LabelConfig {
  try {
    SyntaxValidator.validate(xml);
  } catch (error) {
    throw new DomainError(`${place} is no XML: ${(error as Error).message}`, { cause: error });
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
export function objectLabelConfig(task: 'detection' | 'segmentation', classes: readonly string[]): string {
  const tag = controlTags[task];
  const labels = classes.map((name) => `    <Label value="${escapeAttribute(name)}"/>`).join('\n');
  return `<View>
  <${tag} name="label" toName="image">
${labels}
  </${tag}>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
</View>`;
}

/**
 * The control that asks for the classes, found by its tag and its labels and not by its name, and the names of the config's controls that
 * ask for something else: none of their labels is a class.
 *
 * @param place - Names the config in messages.
 * @throws {@link DomainError} when there is none on an image whose `value` is `$image`, or it misses a class. Never retried.
 */
export function controlOf(
  labelConfig: string,
  { task, classes }: Asked,
  place = ownPlace,
): LabelControl & { readonly others: ReadonlySet<string> } {
  const tag = controlTags[task];
  const { controls, images } = parseLabelConfig(labelConfig, place);
  const onImage = new Set(images.filter(({ dataKey }) => dataKey === 'image').map(({ name }) => name));
  const candidates = controls.filter(({ type, toName }) => type === tag && onImage.has(toName));
  const missingIn = ({ labels }: LabelControl) => classes.filter((name) => !labels.includes(name));
  const control = candidates.find((one) => missingIn(one).length === 0) ?? candidates[0];
  if (!control)
    throw new DomainError(
      `${place} has no <${tag}> whose toName is an <Image value="$image">; ${task} needs one.`,
    );
  const missing = missingIn(control);
  if (missing.length > 0)
    throw new DomainError(
      `${place}: ${tagOf(control)} misses ${listed(missing)}; add a <${tag === 'Choices' ? 'Choice' : 'Label'}> for each class.`,
    );
  const others = controls.filter(({ labels }) => !labels.some((name) => classes.includes(name)));
  return { ...control, others: new Set(others.map(({ name }) => name)) };
}

/**
 * Sees to it that people can answer with every class, and with nothing else: an answer that names another class would end the loop.
 *
 * @param place - Names the config in messages.
 * @throws {@link DomainError} as {@link controlOf}, and when the control offers what is no class. Never retried.
 */
export function assertAsksForClasses(labelConfig: string, asked: Asked, place = ownPlace): void {
  const control = controlOf(labelConfig, asked, place);
  const strangers = control.labels.filter((name) => !asked.classes.includes(name));
  if (strangers.length > 0)
    throw new DomainError(
      `${place}: ${tagOf(control)} offers ${listed(strangers)}, of which the loop knows nothing; take that out, or name it in classes.`,
    );
}

function tagOf({ type, name }: LabelControl): string {
  return `<${type} name="${name}">`;
}

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
