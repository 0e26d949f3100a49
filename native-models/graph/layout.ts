/**
 * How a graph is laid out. plain: operation by operation as the published exporter lays the graph out, whole attention matrices included.
 * compact: the same sums with less memory and less work; what packages are made of.
 */
export type GraphLayout = 'plain' | 'compact';
