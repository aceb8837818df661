import { Component } from './area';
import { cornerBlock, lastOfCorner } from './corner-block';
import { flatBlock } from './flat-block';
import { halvedBlock } from './halved-block';
import { wholeBlock } from './whole-block';

/** Turns a component's block into pixels, in the shortest way for where its last coefficient is. */
export function showBlock(component: Component, lastCoefficient: u32, to: usize): void {
  const steps = component.steps;
  const side = component.side;
  const stride = component.stride;
  if (lastCoefficient == 0) flatBlock(steps, side, to, stride);
  else if (side == 4) halvedBlock(steps, to, stride);
  else if (lastCoefficient <= lastOfCorner) cornerBlock(steps, to, stride);
  else wholeBlock(steps, to, stride);
}
