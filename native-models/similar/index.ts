export type { ExampleObject, ExamplePlane, SimilarModel, SimilarProposal, SimilarRun } from './contract.ts';
export { learnSimilar } from './learnSimilar.ts';
export { type SimilarPredictor, similarSteps } from './similarSteps.ts';
