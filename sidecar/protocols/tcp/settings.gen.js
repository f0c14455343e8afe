// Generated from the schemas by compile-checks.ts. Do not edit.
import ucs2length from 'ajv/dist/runtime/ucs2length.js'
import { append, formats, linear } from '#crds/check-runtime.ts'

export const settings = validate21;
const schema6 = {"type":"object","additionalProperties":false,"properties":{"tls":{"enum":["Required","Optional","None"]}}};
const func0 = Object.prototype.hasOwnProperty;

function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 of Object.keys(data)){
if(!(key0 === "tls")){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0}};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.tls !== undefined && func0.call(data, "tls")){
let data0 = data.tls;
if(!(((data0 === "Required") || (data0 === "Optional")) || (data0 === "None"))){
const err1 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/enum",keyword:"enum",params:{allowedValues: schema6.properties.tls.enum}};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}

