export { activeLearningLoop } from './active-learning-loop.ts';
export { collectReviews } from './collect-reviews.ts';
