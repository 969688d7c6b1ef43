//! Operators as DataFusion plans.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{DataFusionError, Result};
use datafusion_execution::TaskContext;
use datafusion_physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{
    Boundedness, ChildrenPropertiesMode, EmissionType, ReplaceChildrenOptions,
};
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
    SendableRecordBatchStream,
};

use crate::QueryError;

/// A behavioural operator: blocking, one pass over its partition, cancellable between buckets.
pub trait BucketOperator: fmt::Debug + Send + Sync + 'static {
    /// Name in plans.
    fn name(&self) -> &'static str;
    /// Columns of its answer.
    fn schema(&self) -> SchemaRef;
    /// How many partitions it has; people are disjoint between them.
    fn partitions(&self) -> usize;
    /// Events in the runs it reads.
    fn rows(&self) -> u64;
    /// Answers one partition.
    fn run(&self, partition: usize, cancel: &AtomicBool) -> Result<RecordBatch, QueryError>;
}

/// An operator as a leaf of a physical plan.
#[derive(Debug)]
pub struct BucketExec {
    operator: Arc<dyn BucketOperator>,
    properties: Arc<PlanProperties>,
    cancel: Arc<AtomicBool>,
}

impl BucketExec {
    /// Wraps an operator.
    pub fn new(operator: Arc<dyn BucketOperator>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(operator.schema()),
            Partitioning::UnknownPartitioning(operator.partitions()),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            operator,
            properties: Arc::new(properties),
            cancel: Arc::default(),
        }
    }
}

impl DisplayAs for BucketExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: partitions={}",
            self.operator.name(),
            self.operator.partitions()
        )
    }
}

/// Stops the operator when the stream is dropped before its end.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl ExecutionPlan for BucketExec {
    fn name(&self) -> &'static str {
        "BucketExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, options)
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let operator = Arc::clone(&self.operator);
        let cancel = Arc::clone(&self.cancel);
        let batch = async move {
            let guard = CancelOnDrop(Arc::clone(&cancel));
            let task = tokio::task::spawn_blocking(move || operator.run(partition, &cancel));
            let outcome = task
                .await
                .map_err(|it| DataFusionError::External(Box::new(it)))?;
            std::mem::forget(guard); // finished: nothing is left to stop
            outcome.map_err(|it| DataFusionError::External(Box::new(it)))
        };
        let stream = futures::stream::once(batch);
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.operator.schema(),
            stream,
        )))
    }
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunStats {
    /// Events in the runs that were read.
    pub events_scanned: u64,
}

/// Runs an operator; dropping the future stops it.
pub async fn run(
    operator: Arc<dyn BucketOperator>,
) -> Result<(Vec<RecordBatch>, RunStats), QueryError> {
    let stats = RunStats {
        events_scanned: operator.rows(),
    };
    let plan: Arc<dyn ExecutionPlan> = Arc::new(BucketExec::new(operator));
    let context = Arc::new(TaskContext::default());
    let batches = datafusion_physical_plan::collect(plan, context)
        .await
        .map_err(unwrap_error)?;
    Ok((batches, stats))
}

fn unwrap_error(error: DataFusionError) -> QueryError {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<QueryError>() {
            Ok(it) => *it,
            Err(other) => QueryError::Plan(DataFusionError::External(other)),
        },
        DataFusionError::Context(_, inner) => unwrap_error(*inner),
        other => QueryError::Plan(other),
    }
}
