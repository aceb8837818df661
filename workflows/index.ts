export { activeLearningLoop } from './active-learning-loop.ts';
