import type { Value } from '../../onnx/value-info.ts';
import { GraphBuilder } from './graph-builder.ts';

/**
 * The gradients of an operation's inputs, written as nodes of the same graph.
 *
 * @param gradient - Gradient of the loss by the operation's output.
 * @param wanted - By input: whether its gradient is needed at all.
 */
export type Backward = (gradient: Value, wanted: readonly boolean[]) => readonly (Value | null)[];

interface Step {
  readonly output: Value;
  readonly inputs: readonly Value[];
  readonly backward: Backward;
}

/** Writes a graph forward and remembers how each operation is differentiated; {@link Tape.gradients} writes the way back. */
export class Tape {
  readonly graph = new GraphBuilder();
  readonly #steps: Step[] = [];
  /** Names of values that depend on a parameter. */
  readonly #moving = new Set<string>();

  /** Marks a value that gradients are wanted for. */
  parameter(value: Value): Value {
    this.#moving.add(value.name);
    return value;
  }

  /** Remembers an operation. Operations that no parameter reaches need not be recorded. */
  record(output: Value, inputs: readonly Value[], backward: Backward): Value {
    if (inputs.some(({ name }) => this.#moving.has(name))) {
      this.#moving.add(output.name);
      this.#steps.push({ output, inputs, backward });
    }
    return output;
  }

  /**
   * Reverse-mode differentiation: adds the nodes that compute ∂loss/∂value.
   *
   * @param loss - A scalar.
   * @returns One gradient a value, of the same shape.
   */
  gradients(loss: Value, values: readonly Value[]): Value[] {
    const gradients = new Map<string, Value>([[loss.name, this.graph.scalar(1)]]);
    for (const { output, inputs, backward } of [...this.#steps].reverse()) {
      const gradient = gradients.get(output.name);
      if (!gradient) continue;
      const wanted = inputs.map(({ name }) => this.#moving.has(name));
      for (const [index, part] of backward(gradient, wanted).entries()) {
        const input = inputs[index];
        if (!part || !input || !wanted[index]) continue;
        const known = gradients.get(input.name);
        gradients.set(input.name, known ? this.graph.node('Add', [known, part], input.shape) : part);
      }
    }
    return values.map((value) => {
      const gradient = gradients.get(value.name);
      if (!gradient) throw new Error(`the loss does not depend on ${value.name}`);
      return gradient;
    });
  }
}
