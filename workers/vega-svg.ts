import type { TopLevelSpec } from 'vega-lite';

/** Draws a Vega-Lite specification as an SVG. Vega is loaded when it is first wanted: that takes half a second. */
export async function vegaSvg(specification: object): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec } = vegaLite.compile(specification as TopLevelSpec);
  return new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG();
}
