/** Charts under construction: what the address holds, and the query it becomes. */
export * from './chart-common'
export * from './funnel'
export * from './segmentation'
