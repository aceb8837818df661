import type { Browser, Page } from 'playwright-core';
import type { TestStack } from './stack-environment.ts';

/** A region as the editor would send it now. Lengths are in percent of the image. */
export interface EditedBox {
  readonly id: string;
  readonly value: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/** A place on the image, in percent from its left upper corner. */
export type Place = readonly [number, number];

/** A person at Label Studio's editor, with a mouse and a keyboard: each act ends when the editor has taken it in. */
export class LabelStudioPage {
  readonly page: Page;
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  static async logIn(browser: Browser, { url, username, password }: TestStack['labelStudio']) {
    // So high that the whole image is on the screen.
    const page = await browser.newPage({ viewport: { width: 1400, height: 1150 } });
    page.setDefaultTimeout(90_000);
    await page.goto(`${url}/user/login/`);
    await page.fill('input[name=email]', username);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.waitForURL(({ pathname }) => !pathname.includes('login'));
    return new LabelStudioPage(page, url);
  }

  /** Opens a task and waits until its image is there. */
  async openTask(projectId: number, taskId: number): Promise<void> {
    await this.page.goto(`${this.#url}/projects/${projectId}/data?task=${taskId}`);
    await this.#submitButton().waitFor();
    await this.page.waitForFunction(
      `[...document.images].some(({ alt, naturalWidth }) => alt === 'image' && naturalWidth > 0)`,
    );
  }

  /** The boxes that are drawn now, in the order of the list beside the image. */
  async boxes(): Promise<EditedBox[]> {
    return JSON.parse(await this.page.evaluate<string>(edited)) as EditedBox[];
  }

  /** Picks a box from the list, and deletes it. */
  async deleteBox(id: string): Promise<void> {
    await this.#select(id);
    await this.#untilEdited(() => this.page.keyboard.press('Backspace'));
  }

  /** Drags the right lower corner of a box. */
  async resizeBox(id: string, to: Place): Promise<void> {
    const { x, y, width, height } = await this.#select(id);
    await this.#untilEdited(() => this.#drag([x + width, y + height], to));
  }

  /** Takes a box by its middle, and drags it. */
  async moveBox(id: string, [right, down]: Place): Promise<void> {
    const { x, y, width, height } = await this.#select(id);
    const middle = [x + width / 2, y + height / 2] as const;
    await this.#untilEdited(() => this.#drag(middle, [middle[0] + right, middle[1] + down]));
  }

  async relabelBox(id: string, label: string): Promise<void> {
    await this.#select(id);
    await this.#untilEdited(() => this.#label(label).click());
  }

  /** Picks a label, and drags from one corner to the other. */
  async drawBox(label: string, from: Place, to: Place): Promise<void> {
    await this.page.keyboard.press('Escape');
    await this.page.waitForFunction(`${selected}.length === 0`);
    await this.#label(label).click();
    await this.#untilEdited(() => this.#drag(from, to));
  }

  /** Sends the annotation. @returns It, as the server stored it. */
  async submit(): Promise<{ id: number; result: readonly Record<string, unknown>[] }> {
    const saved = this.page.waitForResponse(
      (response) => /\/annotations\/?(\?|$)/.test(response.url()) && response.request().method() === 'POST',
    );
    await this.#submitButton().click();
    const response = await saved;
    if (response.status() !== 201)
      throw new Error(`Label Studio answered ${response.status()}: ${await response.text()}`);
    return (await response.json()) as { id: number; result: Record<string, unknown>[] };
  }

  /** Selects a box in the list, and waits for the handles around it. */
  async #select(id: string): Promise<EditedBox['value']> {
    const boxes = await this.boxes();
    const index = boxes.findIndex((box) => box.id === id);
    const box = boxes[index];
    if (!box) throw new Error(`There is no box "${id}" in the editor.`);
    const isSelected = `${selected}.join() === ${JSON.stringify(id)}`;
    if (!(await this.page.evaluate<boolean>(isSelected)))
      await this.page.locator('[role=treeitem].lsf-tree__node_type_rectangleregion').nth(index).click();
    await this.page.waitForFunction(`${isSelected} && ${hasHandles}`);
    return box.value;
  }

  async #drag(from: Place, to: Place): Promise<void> {
    const image = await this.page.locator('img[alt=image]').boundingBox();
    if (!image) throw new Error('The image is not on the screen.');
    const onScreen = ([x, y]: Place): Place => [
      image.x + (image.width * x) / 100,
      image.y + (image.height * y) / 100,
    ];
    const [[left, top], [right, bottom]] = [onScreen(from), onScreen(to)];
    const { mouse } = this.page;
    await mouse.move(left, top);
    await mouse.down();
    await mouse.move((left + right) / 2, (top + bottom) / 2, { steps: 4 });
    await mouse.move(right, bottom, { steps: 4 });
    await mouse.up();
  }

  async #untilEdited(act: () => Promise<void>): Promise<void> {
    const before = await this.page.evaluate<string>(edited);
    await act();
    await this.page.waitForFunction(`${edited} !== ${JSON.stringify(before)}`);
  }

  #label(name: string) {
    return this.page.locator('.lsf-label').filter({ hasText: name });
  }

  #submitButton() {
    return this.page.locator('[data-testid=bottombar-submit-button]');
  }
}

/** What the editor holds, in its own words; all else goes through what a person sees. */
const annotation = 'Htx.annotationStore.selected';
const edited = `JSON.stringify(${annotation}.serializeAnnotation())`;
const selected = `${annotation}.selectedRegions.map(({ cleanId }) => cleanId)`;
const hasHandles = `Konva.stages.some((stage) => stage.find('Transformer').some((one) => one.nodes().length > 0))`;
