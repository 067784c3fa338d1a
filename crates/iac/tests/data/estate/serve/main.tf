variable "name" {}
variable "model" {}
variable "count_of" {}

resource "aws_sagemaker_endpoint_configuration" "this" {
  name = var.name
  production_variants {
    variant_name           = "main"
    model_name             = var.model
    initial_instance_count = var.count_of
    instance_type          = "ml.m5.large"
  }
}
resource "aws_sagemaker_endpoint" "this" {
  name                 = var.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this.name
}
output "endpoint" { value = aws_sagemaker_endpoint.this.name }
